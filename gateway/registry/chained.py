"""Two directories as one: the CPTS's own word first, the national directory for whom the CPTS does not know.

For a party that the first directory knows, the second is not asked, not even where the first has no mailbox: the CPTS
may know better than the national directory that a mailbox is not read.
"""

from collections.abc import Sequence

from gateway.fhir.format.systems import PS_IDNAT, STRUCT_IDNAT
from gateway.model import Identifier, Mailbox, Party
from gateway.ports import Directory, Member


class ChainedDirectory:
    """The port `Directory`."""

    def __init__(self, first: Directory, second: Directory) -> None:
        self._first, self._second = first, second

    def find_member(self, identifiers: Sequence[Identifier], structure: str | None = None) -> Member | None:
        return self._first.find_member(identifiers, structure) or self._second.find_member(identifiers, structure)

    def find_mailboxes(self, party: Party) -> list[Mailbox]:
        boxes = self._first.find_mailboxes(party)
        if boxes or self._first.find_member(_identifiers(party), party.structure if party.person else None):
            return boxes
        return self._second.find_mailboxes(party)


def _identifiers(party: Party) -> list[Identifier]:
    if party.person:
        return [Identifier(PS_IDNAT, party.person)]
    return [Identifier(STRUCT_IDNAT, party.structure)] if party.structure else []
