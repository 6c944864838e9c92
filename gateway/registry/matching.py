"""Which person or structure identifiers mean, and whose letters a mailbox takes: one set of rules for every directory.

Pure. Source: ANS, Annuaire Santé: idNat_PS ("8" + RPPS), idNat_Struct ("1" + FINESS).
"""

from collections.abc import Sequence
from typing import Final

from gateway.fhir.format.systems import FINESS, PS_IDNAT, RPPS, STRUCT_IDNAT
from gateway.model import Identifier, Mailbox, MailboxType, Party

RPPS_PREFIX: Final = "8"
FINESS_PREFIX: Final = "1"
_TYPES_BEST_FIRST = (MailboxType.PERSONAL, MailboxType.PRACTICE, MailboxType.ORGANISATION, MailboxType.APPLICATION)


def people_in(identifiers: Sequence[Identifier]) -> set[str]:
    """The RPPS that are named; an identifier of a person that is not an RPPS names nobody here."""
    return {i.value.removeprefix(p) for i in identifiers if (p := _person_prefix(i)) is not None}


def places_in(identifiers: Sequence[Identifier]) -> set[str]:
    """The Struct_IdNat that are named."""
    named = [i for i in identifiers if i.system in (STRUCT_IDNAT, FINESS)]
    return {FINESS_PREFIX + i.value if i.system == FINESS else i.value for i in named}


def is_at(structure: str | None, party: Party) -> bool:
    """A structure's own mailbox is matched by the structure; a person's also where one of the two names none."""
    if party.person is None:
        return structure == party.structure
    return structure is None or party.structure in (None, structure)


def best_first(boxes: Sequence[Mailbox], party: Party) -> list[Mailbox]:
    """In the order in which they should be considered for this party's letters."""
    return sorted(
        boxes, key=lambda b: (b.owner.structure != party.structure, _TYPES_BEST_FIRST.index(b.type), b.address)
    )


def _person_prefix(identifier: Identifier) -> str | None:
    """What stands before the RPPS in an identifier of a person; None where it is not one that we know."""
    if identifier.system == PS_IDNAT and identifier.value.startswith(RPPS_PREFIX):
        return RPPS_PREFIX
    return "" if identifier.system == RPPS else None


def _order(box: Mailbox, party: Party) -> tuple[bool, int, str]:
    return box.owner.structure != party.structure, _TYPES_BEST_FIRST.index(box.type), box.address
