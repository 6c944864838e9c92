"""Which mailbox for which recipient, and why: a choice that depends on nothing but its arguments.

A mailbox is eligible when its owner is the recipient, in one of the ways of `_REASONS` (best first). Among these: a
trusted domain always, room enough always; then the best way, the richest form, the largest limit, the address.
A red-listed mailbox is used only when the message names its owner exactly: never through a looser match.

Source: MSSanté, référentiel socle (types of mailbox, red list, list of trusted domains); JDV_J139.
"""

from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum, auto

from gateway.errors import AddressingError
from gateway.model import Choice, Finding, MailAddress, Mailbox, MailboxType, Party


class _Match(Enum):
    """How a mailbox's owner and a recipient agree."""

    SITUATION = auto()
    """The same person in the same structure."""
    PERSON = auto()
    """The same person; one of the two names no structure."""
    STRUCTURE = auto()
    """The same structure; neither names a person."""
    NONE = auto()


# Best first. An organisation's mailbox stands before an application's: a referral asks people for a decision. A
# personal mailbox never takes a structure's letters, so that pair is absent.
_REASONS: dict[tuple[_Match, MailboxType], str] = {
    (_Match.SITUATION, MailboxType.PERSONAL): "boîte personnelle de la situation d'exercice",
    (_Match.SITUATION, MailboxType.PRACTICE): "boîte du cabinet, dans cette situation d'exercice",
    (_Match.SITUATION, MailboxType.ORGANISATION): "boîte d'organisation qui reçoit pour cette personne",
    (_Match.SITUATION, MailboxType.APPLICATION): "boîte applicative qui reçoit pour cette personne",
    (_Match.PERSON, MailboxType.PERSONAL): "boîte personnelle, situation d'exercice non précisée",
    (_Match.PERSON, MailboxType.PRACTICE): "boîte du cabinet, situation d'exercice non précisée",
    (_Match.PERSON, MailboxType.ORGANISATION): "boîte d'organisation, situation d'exercice non précisée",
    (_Match.PERSON, MailboxType.APPLICATION): "boîte applicative, situation d'exercice non précisée",
    (_Match.STRUCTURE, MailboxType.ORGANISATION): "boîte d'organisation de la structure",
    (_Match.STRUCTURE, MailboxType.PRACTICE): "boîte du cabinet",
    (_Match.STRUCTURE, MailboxType.APPLICATION): "boîte applicative de la structure",
}
_RANKS = {way: rank for rank, way in enumerate(_REASONS)}
_FORMS = {"level-3": "lit le niveau 3", "level-1": "lit le niveau 1"}
_RED_LISTED = "en liste rouge : adresse à ne pas montrer"
_UNTRUSTED_PASSED_OVER = "une boîte préférable est hors de l'espace de confiance"
_SMALL_PASSED_OVER = "une boîte préférable est trop petite pour ce message"


def choose(
    recipient: Party,
    candidates: Sequence[Mailbox],
    *,
    needs_bytes: int,
    today: date,
    trusted: Callable[[MailAddress], bool],
) -> Choice:
    """The mailbox for `recipient`; the order of `candidates` does not matter. `needs_bytes`: the size of the mail.

    AddressingError `no-mailbox`, `untrusted-domain` or `too-large-for-recipient`: the first reason that leaves none.
    """
    eligible = sorted((c for c in candidates if _is_eligible(recipient, c, today)), key=lambda c: _rank(recipient, c))
    if not eligible:
        raise AddressingError(Finding("no-mailbox"))
    safe = [c for c in eligible if trusted(c.address)]
    if not safe:
        raise AddressingError(Finding("untrusted-domain"))
    roomy = [c for c in safe if c.max_bytes >= needs_bytes]
    if not roomy:
        limit = max(c.max_bytes for c in safe)
        raise AddressingError(Finding("too-large-for-recipient", facts=_sizes(needs_bytes, limit)))
    passed_over = _passed_over(eligible, safe, roomy)
    return Choice(recipient, roomy[0], roomy[0].form, (*_reasons(recipient, roomy[0]), *passed_over))


def _match(recipient: Party, owner: Party) -> _Match:
    if recipient.person != owner.person:
        return _Match.NONE
    same_place = recipient.structure == owner.structure
    if recipient.person is None:
        return _Match.STRUCTURE if same_place and recipient.structure else _Match.NONE
    if same_place and recipient.structure:
        return _Match.SITUATION
    return _Match.PERSON if recipient.structure is None or owner.structure is None else _Match.NONE


def _way(recipient: Party, mailbox: Mailbox) -> tuple[_Match, MailboxType]:
    return _match(recipient, mailbox.owner), mailbox.type


def _is_eligible(recipient: Party, mailbox: Mailbox, today: date) -> bool:
    match, type_ = _way(recipient, mailbox)
    is_live = mailbox.live_until is None or today <= mailbox.live_until
    is_named = match is not _Match.PERSON or not mailbox.red_listed
    return (match, type_) in _RANKS and mailbox.form in _FORMS and is_live and is_named


def _rank(recipient: Party, mailbox: Mailbox) -> tuple[int, int, int, str, str]:
    """Smallest is best. `repr` makes the order total, so that equal boxes that differ in a detail keep one order."""
    way, form = _RANKS[_way(recipient, mailbox)], list(_FORMS).index(mailbox.form)
    return way, form, -mailbox.max_bytes, mailbox.address, repr(mailbox)


def _reasons(recipient: Party, mailbox: Mailbox) -> tuple[str, ...]:
    way = _REASONS[_way(recipient, mailbox)]
    return (way, _FORMS[mailbox.form], *([_RED_LISTED] if mailbox.red_listed else []))


def _passed_over(eligible: list[Mailbox], safe: list[Mailbox], roomy: list[Mailbox]) -> tuple[str, ...]:
    """Why boxes that stood before the chosen one were not taken."""
    before = eligible[: eligible.index(roomy[0])]
    untrusted = [_UNTRUSTED_PASSED_OVER] if any(c not in safe for c in before) else []
    small = [_SMALL_PASSED_OVER] if any(c in safe for c in before) else []
    return (*untrusted, *small)


def _sizes(size: int, limit: int) -> tuple[tuple[str, str], ...]:
    return ("size", str(size)), ("limit", str(limit))
