"""What was sent and what came back, kept for the report.

Only made-up people of the samples travel, so their data may stand in evidence. Tokens may not: they are never traced.
"""

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that crossed the wire."""

    direction: str
    """`sent` or `received`, seen from the suite."""
    label: str
    content: bytes
    suffix: str
    """Of the file that holds it: json, eml, txt."""

    @property
    def file_name(self) -> str:
        """The same content has the same name, however often it is shown."""
        return f"{sha256(self.content).hexdigest()[:16]}.{self.suffix}"


@dataclass(slots=True)
class Trace:
    """What the running check has seen so far."""

    evidence: list[Evidence] = field(default_factory=list)

    def sent(self, label: str, content: bytes, suffix: str) -> None:
        self.add(Evidence("sent", label, content, suffix))

    def received(self, label: str, content: bytes, suffix: str) -> None:
        self.add(Evidence("received", label, content, suffix))

    def add(self, evidence: Evidence) -> None:
        """Told once, where a poll brings the same again."""
        if evidence not in self.evidence:
            self.evidence.append(evidence)

    def take(self) -> tuple[Evidence, ...]:
        """What there is, leaving nothing."""
        taken, self.evidence = tuple(self.evidence), []
        return taken
