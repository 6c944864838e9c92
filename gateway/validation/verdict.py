"""What the ANS validators say of one document.

The messages are the kit's own and may quote the document: show them to whoever holds it, never log them.

Source: ISO/IEC 19757-3 annex D (SVRL: fired-rule, failed-assert, role); ANS content kit 3.0.
"""

from dataclasses import dataclass

from lxml import etree

STRUC_MIN = "StrucMin"
MIN_STRUC_MIN_RULES = 60
"""The smallest legal header fires more rules than this; fewer means that the rules did not run."""

_ADVICE = frozenset({"warning", "warn", "info", "information", "hint"})
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@dataclass(frozen=True, slots=True)
class FailedAssert:
    """One rule that the document breaks. `location` is an XPath in the document."""

    location: str
    message: str
    role: str

    @property
    def blocks(self) -> bool:
        """Advice does not block; a rule without role does."""
        return self.role.lower() not in _ADVICE


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One schematron over one document. `not_run` says why it gave no answer; then nothing else is set."""

    profile: str
    fired: int = 0
    failed: tuple[FailedAssert, ...] = ()
    not_run: str | None = None

    @property
    def passes(self) -> bool:
        return self.not_run is None and not any(rule.blocks for rule in self.failed) and not self.fell_silent

    @property
    def fell_silent(self) -> bool:
        """Whether so few rules fired that the absence of failures proves nothing."""
        return self.profile == STRUC_MIN and self.fired < MIN_STRUC_MIN_RULES


@dataclass(frozen=True, slots=True)
class Verdict:
    """Schema and schematrons over one document. `profiles` are the five common ones, then the document's own model."""

    name: str
    schema_errors: tuple[str, ...]
    profiles: tuple[ProfileResult, ...]

    @property
    def passes(self) -> bool:
        return not self.schema_errors and bool(self.profiles) and all(profile.passes for profile in self.profiles)

    @property
    def failed(self) -> tuple[tuple[str, FailedAssert], ...]:
        """Every failed assert with its profile, advice included."""
        return tuple((profile.profile, rule) for profile in self.profiles for rule in profile.failed)

    def fired(self, profile: str) -> int:
        """Rules fired by one profile; 0 where it did not run."""
        return sum(result.fired for result in self.profiles if result.profile == profile)


def read_svrl(profile: str, svrl: bytes) -> ProfileResult:
    """The result of a schematron from its report."""
    report = etree.fromstring(svrl, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    fired = sum(1 for _ in report.iter(f"{_SVRL}fired-rule"))
    return ProfileResult(profile, fired, tuple(_failed(e) for e in report.iter(f"{_SVRL}failed-assert")))


def _failed(element: etree._Element) -> FailedAssert:
    message = " ".join(str(element.xpath("string()")).split())
    return FailedAssert(element.get("location", ""), message, element.get("role") or element.get("flag") or "")
