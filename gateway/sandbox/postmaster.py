"""The rules of the embedded MSSanté operator: who may send to whom, and what becomes of a mail.

It refuses what a real operator refuses: a sender that the certificate does not stand for, domains outside the trusted
space, unknown mailboxes. A `Fate` makes one mailbox misbehave, so that a demo or a test meets every delivery state.
Source: MSSanté trusted-domain list ("liste blanche"), ECO.2.3.1; RFC 5321 4.2.3 and RFC 3463 (codes).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from gateway.sandbox import dsn
from gateway.sandbox.maildir import PostOffice
from gateway.sandbox.tls import stands_for


class Fate(StrEnum):
    """What happens to mails for a mailbox."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """Taken, then returned with a DSN `failed` 5.2.2."""
    DELAYED = "delayed"
    """Taken and held, with a DSN `delayed`; delivered when the fate changes to DELIVERED."""
    REFUSED_FOR_NOW = "refused-for-now"
    """451 at RCPT."""
    CUT_AFTER_DATA = "cut-after-data"
    """Delivered, but the connection breaks before the 250: the sender cannot know."""
    LOST_AFTER_DATA = "lost-after-data"
    """Not delivered, and the connection breaks before any answer: the sender cannot know this either."""


BREAKS_CONNECTION = frozenset({Fate.CUT_AFTER_DATA, Fate.LOST_AFTER_DATA})

WRONG_CERTIFICATE = "550 5.7.1 The certificate does not stand for this sender"
UNTRUSTED_SENDER = "550 5.7.1 The sender's domain is not in the trusted space"
UNTRUSTED_RECIPIENT = "550 5.7.1 The recipient's domain is not in the trusted space"
NO_ROUTE = "550 5.1.2 No operator is known for this domain"
UNKNOWN_MAILBOX = "550 5.1.1 Mailbox unknown"
TRY_LATER = "451 4.2.1 Mailbox busy, try again later"

_OUTCOMES = {
    Fate.DELIVERED: dsn.Outcome(dsn.Action.DELIVERED, "2.1.5"),
    Fate.CUT_AFTER_DATA: dsn.Outcome(dsn.Action.DELIVERED, "2.1.5"),
    Fate.FAILED: dsn.Outcome(dsn.Action.FAILED, "5.2.2", "552 5.2.2 Mailbox full"),
    Fate.DELAYED: dsn.Outcome(dsn.Action.DELAYED, "4.2.1", "451 4.2.1 Mailbox busy"),
}
"""What the sender may be told. Nothing is told about a mail that is lost."""


@dataclass(slots=True)
class Postmaster:
    """Decides at MAIL and RCPT, and settles a mail after DATA."""

    office: PostOffice
    trusts: Callable[[str], bool]
    """Whether an address lies in the trusted space."""
    hosts: Callable[[str], bool]
    """Whether an address lies in a domain of this operator."""
    _fates: dict[str, Fate] = field(default_factory=dict)
    _held: list[tuple[dsn.Recipient, dsn.Submission]] = field(default_factory=list)

    def fate(self, address: str) -> Fate:
        """DELIVERED unless it was set."""
        return self._fates.get(address.lower(), Fate.DELIVERED)

    def set_fate(self, address: str, fate: Fate) -> None:
        """From now on. What was held for the mailbox meets its new fate."""
        self._fates[address.lower()] = fate
        waiting, self._held = self._held, []
        for to, submission in waiting:
            if to.address.lower() == address.lower() and fate is not Fate.DELAYED:
                self.settle(to, submission)
            else:
                self._held.append((to, submission))

    def refuses_sender(self, certificate_name: str, address: str) -> str | None:
        """The SMTP reply that refuses, or None. A null sender (of a receipt) belongs to everybody."""
        if address == dsn.NULL_SENDER:
            return None
        if not self.trusts(address):
            return UNTRUSTED_SENDER
        return None if stands_for(certificate_name, address) else WRONG_CERTIFICATE

    def refuses_recipient(self, address: str) -> str | None:
        """The SMTP reply that refuses, or None."""
        if not self.trusts(address):
            return UNTRUSTED_RECIPIENT
        if not self.hosts(address):
            return NO_ROUTE
        if not self.office.find(address):
            return UNKNOWN_MAILBOX
        return TRY_LATER if self.fate(address) is Fate.REFUSED_FOR_NOW else None

    def settle(self, to: dsn.Recipient, submission: dsn.Submission) -> Fate:
        """Deliver, hold, return or lose the mail for one recipient, and post the DSN that was asked for."""
        fate = self.fate(to.address)
        if fate in (Fate.DELIVERED, Fate.CUT_AFTER_DATA):
            self.office.mailboxes[to.address.lower()].deliver(submission.with_return_path())
        elif fate is Fate.DELAYED:
            self._held.append((to, submission))
        self._report(to, submission, fate)
        return fate

    def _report(self, to: dsn.Recipient, submission: dsn.Submission, fate: Fate) -> None:
        """None to a null sender (RFC 3461 6.2), none to a mailbox that is not here."""
        back, outcome = self.office.find(submission.sender), _OUTCOMES.get(fate)
        if back and outcome and to.wants(outcome.action):
            back.deliver(dsn.write_report(submission, to, outcome, datetime.now(UTC)))
