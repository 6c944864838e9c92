"""What a mapping may not invent: the time, the ids, and what the registry knows of the author's structure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5


@dataclass(frozen=True, slots=True)
class Context:
    """Given the same context and input, a mapping gives the same bytes.

    `seed` is any unguessable text (the message id): every id of the output is derived from it and from its place.
    """

    at: datetime
    seed: str
    facility_type: str | None = None
    """JDV_J02 code of the author's structure, where the registry knows it."""
    practice_setting: str | None = None
    """JDV_J04 code, likewise."""

    def uuid(self, place: str) -> UUID:
        """The id of one place in the output."""
        return uuid5(NAMESPACE_URL, f"{self.seed}/{place}")

    def urn(self, place: str) -> str:
        """The same as `urn:uuid:…`."""
        return self.uuid(place).urn

    def oid(self, place: str) -> str:
        """The same as an OID under 2.25 (a UUID as integer). Source: ITU-T X.667."""
        return f"2.25.{self.uuid(place).int}"


BENCH = Context(datetime(2026, 1, 1, tzinfo=UTC), "bench", "SA07", "AMBULATOIRE")
"""A context for work on files, where no registry is at hand and no byte of the result is kept."""
