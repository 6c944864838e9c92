"""A mail that cannot be taken in: set aside for a person; its sender is told by a negative receipt where one was asked.

Source: RFC 8098 §2.1 (no receipt where it could loop); ANS, LPS volet (codes 900 to 906).
"""

from dataclasses import dataclass

from gateway.errors import GatewayError
from gateway.flows.outgoing import RECEIPT, fresh_message_id, outgoing
from gateway.journal import Change, Claim, MessageClassified, NewEvent, Next, StepResult
from gateway.model import Party, Sender
from gateway.mssante.format.mail import ReadMail
from gateway.mssante.format.mdn import MdnDraft, write_mdn
from gateway.ports import Clock, Ids, TrustedDomains

_ANS_LABELS = {
    "902": "Identifiant de patient inconnu",
    "903": "INS absent du document",
    "904": "L'INS transmis ne correspond pas",
    "905": "Traits de l'INS incomplets",
    "906": "Document non intégrable",
}
_OTHER = "906"


@dataclass(frozen=True, slots=True)
class RefuseMail:
    """Parks the work item and writes the negative receipt."""

    trusted: TrustedDomains
    clock: Clock
    ids: Ids
    sender: Sender

    def __call__(self, claim: Claim, content: bytes, read: ReadMail | None, error: GatewayError) -> StepResult:
        at = self.clock.now()
        changes: list[Change] = [
            MessageClassified(claim.message, "quarantined-mail", None),
            NewEvent(claim.message, at, "quarantined", "worker", facts=(("code", error.code),)),
        ]
        if read and read.may_be_answered_by_mdn and read.message_id and self._may_write(read):
            changes += self._receipt(claim, content, read, _ans_code(error))
        return StepResult(Next.PARKED, tuple(changes), code=error.code)

    async def oversized(self, claim: Claim) -> StepResult:
        """Handles work of kind OVERSIZED_MAIL: it lies in the mailbox untouched, and a person is told."""
        at, code = self.clock.now(), "mail-oversized"
        told = NewEvent(claim.message, at, "quarantined", "worker", facts=(("code", code),))
        return StepResult(Next.PARKED, (MessageClassified(claim.message, "quarantined-mail", None), told), code=code)

    def _may_write(self, read: ReadMail) -> bool:
        return read.receipt_to is not None and self.trusted.trusts(read.receipt_to)

    def _receipt(self, claim: Claim, content: bytes, read: ReadMail, code: str) -> tuple[Change, ...]:
        assert read.receipt_to and read.message_id
        message_id = fresh_message_id(self.ids, self.sender.mailbox)
        draft = MdnDraft(
            original=content,
            original_message_id=read.message_id,
            original_subject=read.subject,
            sender=self.sender.mailbox,
            recipient=read.receipt_to,
            final_recipient=self.sender.mailbox,
            message_id=message_id,
            date=self.clock.now(),
            reporting_ua=f"{self.sender.mailbox.partition('@')[2]}; cpts-gateway",
            nil=self.sender.nil,
            error=(code, _ANS_LABELS[code]),
        )
        return outgoing(
            self.ids,
            tenant=claim.tenant,
            kind="receipt-sent",
            content=write_mdn(draft),
            recipient=Party(None, None, ""),
            mailbox=read.receipt_to,
            message_id=message_id,
            thread=claim.message,
            at=self.clock.now(),
            form=RECEIPT,
            facts=(("code", code),),
        )


def _ans_code(error: GatewayError) -> str:
    """The ANS code that a finding names, else "other"."""
    named = (value for finding in error.findings for name, value in finding.facts if name == "ans_code")
    return next((value for value in named if value in _ANS_LABELS), _OTHER)
