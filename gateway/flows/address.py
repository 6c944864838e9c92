"""Whom a message reaches: each recipient looked up in the registry, its mailbox chosen by the pure rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import AddressingError
from gateway.fhir.format import systems
from gateway.mapping.addressing import choose
from gateway.model import Choice, Finding, Identifier, MailAddress, Party
from gateway.ports import Clock, Directory, Member, TrustedDomains


@dataclass(frozen=True, slots=True)
class Addressing:
    """The registry, the trusted list and today."""

    directory: Directory
    trusted: TrustedDomains
    clock: Clock

    def find(self, party: Party) -> Member | None:
        """The member that a party names."""
        return self.directory.find_member(identifiers_of(party), party.structure)

    def still_reaches(self, party: Party, mailbox: MailAddress) -> bool:
        """Whether the registry still gives this mailbox to the party, and the trusted space still holds it.

        Without a party (a receipt to whoever asked for one) only the trusted space is asked.
        """
        known = party.person is None and party.structure is None
        listed = known or any(box.address == mailbox for box in self.directory.find_mailboxes(party))
        return listed and self.trusted.trusts(mailbox)

    def choose_all(self, recipients: Sequence[tuple[Party, str]], needs_bytes: int) -> tuple[Choice, ...]:
        """One choice per recipient, given with the path that names it. All refusals at once, as AddressingError."""
        choices: list[Choice] = []
        refused: list[Finding] = []
        for party, path in recipients:
            try:
                choices.append(self._choose(party, path, needs_bytes))
            except AddressingError as error:
                refused += [Finding(f.code, path, f.facts) for f in error.findings]
        if refused:
            raise AddressingError(refused)
        return tuple(choices)

    def _choose(self, party: Party, path: str, needs_bytes: int) -> Choice:
        member = self.find(party)
        if member is None:
            raise AddressingError(Finding("unknown-recipient", path))
        known = Party(party.person or member.party.person, party.structure or member.party.structure, member.party.name)
        boxes = self.directory.find_mailboxes(known)
        return choose(known, boxes, needs_bytes=needs_bytes, today=self.clock.now().date(), trusted=self.trusted.trusts)


def identifiers_of(party: Party) -> list[Identifier]:
    """The national identifiers of a party: the person's where there is one, else the structure's."""
    if party.person:
        return [Identifier(systems.PS_IDNAT, party.person)]
    return [Identifier(systems.STRUCT_IDNAT, party.structure)] if party.structure else []
