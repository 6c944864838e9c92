"""A message: the Bundle as received, its entries with their paths, and what they refer to.

`read_message` is the door: bytes in, a `Message` out, or an `InputError` with everything that is wrong at once. Beyond
it a message has the structure of FHIR R4, right codes, and references that lead somewhere.

Source: FHIR R4 4.0.1, Bundle §2.36.4 (references within a Bundle), messaging §2.5; references §2.3.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from gateway.errors import InputError
from gateway.fhir.format.bindings import check_bindings
from gateway.fhir.format.elements import Place, find, resource_type, walk
from gateway.fhir.format.modifiers import check_modifiers
from gateway.fhir.format.paths import safe_name
from gateway.fhir.format.primitives import is_well_formed
from gateway.fhir.format.reading import parse_json
from gateway.fhir.format.references import check_references
from gateway.fhir.format.shape import check_shape
from gateway.fhir.format.structure import check_structure
from gateway.model import Finding

Resource = Mapping[str, Any]
MAX_FINDINGS = 200
_RELATIVE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64}", re.ASCII)
_VERSION = re.compile(r"/_history/[A-Za-z0-9.-]{1,64}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource of a Bundle and where it stands (`Bundle.entry[3].resource`).

    A contained resource is given as an entry too: same index, no fullUrl, its own path.
    """

    index: int
    full_url: str
    resource: Resource
    path: str

    @property
    def type(self) -> str:
        return resource_type(self.resource)


@dataclass(frozen=True)
class Message:
    """A Bundle and its entries in order; entries without a resource are not among them.

    Its properties also answer for a Bundle that nobody has checked, as long as it has one entry.
    """

    bundle: Resource
    entries: tuple[Entry, ...]

    @property
    def header(self) -> Entry:
        """The MessageHeader: the first entry."""
        return self.entries[0]

    @property
    def focus(self) -> Entry | None:
        """What the message is about: the target of the header's first `focus`."""
        references = (value for _, value in find(self.header.resource, "", "focus", "reference"))
        return self.resolve(next(references, None), self.header)

    @property
    def header_id(self) -> str:
        """The id by which an answer names this message: the header's own, or else the UUID of its fullUrl."""
        candidates = (self.header.resource.get("id"), self.header.full_url.rpartition(":")[2])
        return next((str(id_) for id_ in candidates if is_well_formed("id", id_)), "unknown")

    @property
    def event(self) -> tuple[str, str]:
        """System and code of the header's `eventCoding`; empty where it has none."""
        coding = self.header.resource.get("eventCoding")
        values = (coding.get(name) if isinstance(coding, Mapping) else "" for name in ("system", "code"))
        system, code = (value if isinstance(value, str) else "" for value in values)
        return system, code

    def all(self, type: str) -> tuple[Entry, ...]:
        """The entries of a resource type, in order."""
        return tuple(entry for entry in self.entries if entry.type == type)

    def resolve(self, reference: str | None, from_entry: Entry) -> Entry | None:
        """The entry that `reference`, written in `from_entry`, leads to; None where it leads out of the Bundle.

        `urn:uuid:…` and absolute URLs are compared with fullUrls; `Type/id` with the fullUrl next to the referring
        entry's own, then with the end of any; `#id` is looked for among the resources contained in `from_entry`.
        """
        if not isinstance(reference, str) or not reference:
            return None
        if reference.startswith("#"):
            return _find_contained(reference[1:], from_entry)
        reference = _VERSION.sub("", reference)
        if not _RELATIVE.fullmatch(reference):
            return self._by_url.get(reference)
        return self._by_url.get(_base(from_entry.full_url) + reference) or self._by_ending.get(reference)

    @cached_property
    def places(self) -> Sequence[Place]:
        """Every place of the Bundle in document order."""
        return walk(self.bundle, "Bundle")

    def places_of(self, entry: Entry) -> Sequence[Place]:
        """The places of one entry's resource, itself first."""
        return self._places_by_entry[entry.path]

    @cached_property
    def _places_by_entry(self) -> Mapping[str, Sequence[Place]]:
        found: dict[str, list[Place]] = {entry.path: [] for entry in self.entries}
        here = None
        for place in self.places:
            if place.path in found:
                here = place.path
            if here is not None and place.path.startswith(here):
                found[here].append(place)
        return found

    @cached_property
    def _by_url(self) -> Mapping[str, Entry]:
        return {entry.full_url: entry for entry in self.entries if entry.full_url}

    @cached_property
    def _by_ending(self) -> Mapping[str, Entry]:
        """`Type/id` → entry, where only one fullUrl ends so."""
        endings = ["/".join(entry.full_url.rsplit("/", 2)[-2:]) for entry in self.entries]
        counts = Counter(endings)
        return {end: entry for end, entry in zip(endings, self.entries, strict=True) if counts[end] == 1}


def _base(full_url: str) -> str:
    """`https://host/fhir/` of `https://host/fhir/Task/1`."""
    return "".join(full_url.rpartition("/")[0].rpartition("/")[:2])


def _find_contained(id_: str, container: Entry) -> Entry | None:
    if not id_:
        return container
    for index, resource in enumerate(_list(container.resource.get("contained"))):
        if isinstance(resource, Mapping) and resource.get("id") == id_:
            return Entry(container.index, "", resource, f"{container.path}.contained[{index}]")
    return None


def index_message(bundle: Resource) -> Message:
    """The message in a Bundle, unchecked: for Bundles of our own making."""
    return Message(bundle, tuple(_entries(bundle)))


def _entries(bundle: Resource) -> Iterator[Entry]:
    for index, entry in enumerate(_list(bundle.get("entry"))):
        if isinstance(entry, Mapping) and isinstance(entry.get("resource"), Mapping):
            full_url = entry.get("fullUrl")
            path = f"Bundle.entry[{index}].resource"
            yield Entry(index, full_url if isinstance(full_url, str) else "", entry["resource"], path)


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def read_message(content: bytes) -> Message:
    """The message in `content`. InputError with every problem found, when there is one."""
    bundle = parse_json(content)
    if resource_type(bundle) != "Bundle":
        raise InputError(_not_a_bundle(resource_type(bundle)))
    message = index_message(bundle)
    if findings := check_bundle(message):
        raise InputError(findings)
    return message


def _not_a_bundle(name: str) -> Finding:
    shown = safe_name(name) if name else "-"
    return Finding("not-a-bundle", "$this", (("type", shown),))


def check_bundle(message: Message) -> tuple[Finding, ...]:
    """Everything that is wrong with a message as FHIR, MAX_FINDINGS at most; the content rules are `rules.py`.

    The model library is asked only when our own tables are content: it would repeat their findings in vaguer words.
    """
    findings = [
        *_check_envelope(message),
        *check_structure(message.places),
        *check_bindings(message.places),
        *check_modifiers(message.places),
        *_check_references(message),
    ]
    if not findings:
        findings = [finding for entry in message.entries for finding in check_shape(entry.resource, entry.path)]
    return _shortened(list(dict.fromkeys(findings)))


def _shortened(findings: list[Finding]) -> tuple[Finding, ...]:
    """At most MAX_FINDINGS and a word on the rest: an answer must not grow with the faults of a hostile Bundle."""
    rest = len(findings) - MAX_FINDINGS
    more = (Finding("more-findings", facts=(("count", str(rest)),)),) if rest > 0 else ()
    return (*findings[:MAX_FINDINGS], *more)


def _check_envelope(message: Message) -> Iterator[Finding]:
    if message.bundle.get("type") != "message":
        yield Finding("not-a-message", "Bundle.type")
    if not message.entries or message.entries[0].index != 0 or message.header.type != "MessageHeader":
        yield Finding("no-message-header", "Bundle.entry[0].resource")
    for index, entry in enumerate(_list(message.bundle.get("entry"))):
        if isinstance(entry, Mapping) and "resource" not in entry:
            yield Finding("missing-element", f"Bundle.entry[{index}].resource")
    yield from _check_full_urls(message)


def _check_full_urls(message: Message) -> Iterator[Finding]:
    counts = Counter(entry.full_url for entry in message.entries)
    for entry in message.entries:
        if not entry.full_url:
            yield Finding("missing-element", f"Bundle.entry[{entry.index}].fullUrl")
        elif counts[entry.full_url] > 1:
            yield Finding("duplicate-full-url", f"Bundle.entry[{entry.index}].fullUrl")


def _check_references(message: Message) -> Iterator[Finding]:
    for entry in message.entries:
        yield from check_references(message.places_of(entry), partial(message.resolve, from_entry=entry))
