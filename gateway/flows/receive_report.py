"""A DSN, an MDN or a KO mail, matched to the delivery that it is about: the state moves, the sender is told.

The left part of our Message-ID is 128 random bits: whoever quotes it has seen our mail. Without it nothing is settled.
A receipt from another address than the one written to (a forward) is taken, and the trace says so.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.flows.notice import Notices
from gateway.journal import (
    Change,
    Claim,
    Delivery,
    DeliveryState,
    MessageClassified,
    MoveDelivery,
    NewEvent,
    Next,
    StepResult,
)
from gateway.model import ItemId
from gateway.mssante.format.reports import Outcome, Report, ReportKind
from gateway.ports import Clock, JournalQuery
from gateway.workflow.delivery import CORRECTIONS, DeliveryEvent, next_state

_EVENTS: dict[tuple[ReportKind, Outcome], DeliveryEvent] = {
    (ReportKind.DSN, Outcome.DELIVERED): DeliveryEvent.DSN_DELIVERED,
    (ReportKind.DSN, Outcome.DELAYED): DeliveryEvent.DSN_DELAYED,
    (ReportKind.DSN, Outcome.FAILED): DeliveryEvent.DSN_FAILED,
    (ReportKind.MDN, Outcome.DISPLAYED): DeliveryEvent.MDN_DISPLAYED,
    (ReportKind.MDN, Outcome.PROCESSED): DeliveryEvent.MDN_PROCESSED,
    (ReportKind.MDN, Outcome.PROCESSED_ERROR): DeliveryEvent.MDN_FAILED,
    (ReportKind.KO, Outcome.PROCESSED_ERROR): DeliveryEvent.MDN_FAILED,
}

_TRACE: dict[DeliveryState, str] = {
    DeliveryState.DELIVERED: "delivered",
    DeliveryState.READ: "read",
    DeliveryState.INTEGRATED: "integrated",
    DeliveryState.UNDELIVERABLE: "undeliverable",
    DeliveryState.REJECTED_BY_SOFTWARE: "rejected-by-software",
}


@dataclass(frozen=True, slots=True)
class ReceiveReport:
    """Settles one receipt."""

    journal: JournalQuery
    notices: Notices
    clock: Clock

    def __call__(self, claim: Claim, report: Report) -> StepResult:
        delivery = self._delivery(report)
        if delivery is None:
            return StepResult(Next.PARKED, code="receipt-unknown-original")
        at = self.clock.now()
        event = _EVENTS.get((report.kind, report.outcome))
        target = next_state(delivery.state, event) if event else None
        classified = MessageClassified(claim.message, f"receipt-{report.kind.value}", self._thread(delivery))
        changes = self._settle(delivery, target, report, at) if target else self._note(delivery, event, report, at)
        return StepResult(Next.DONE, (classified, *changes))

    def _delivery(self, report: Report) -> Delivery | None:
        """By our Message-ID; a DSN without it, by the ENVID that only our operator and we know."""
        if report.original_message_id:
            return self.journal.find_delivery(report.original_message_id)
        return self.journal.delivery(ItemId(report.envelope_id)) if report.envelope_id else None

    def _thread(self, delivery: Delivery) -> ItemId | None:
        message = self.journal.message(delivery.message)
        return message.thread if message else None

    def _settle(self, delivery: Delivery, target: DeliveryState, report: Report, at: datetime) -> tuple[Change, ...]:
        code = report.code if target in CORRECTIONS else None
        corrected = delivery.state in CORRECTIONS and target not in CORRECTIONS
        lines = ["corrected"] if corrected else []
        events = [
            NewEvent(delivery.message, at, line, _actor(report), delivery.id, _facts(delivery, report))
            for line in (*lines, _TRACE[target])
        ]
        catalogue_code = _catalogue_code(report) if target in CORRECTIONS else None
        moved = MoveDelivery(delivery.id, delivery.state, target, at, code)
        return (moved, *events, *self.notices.delivery_moved(delivery, target, catalogue_code, at))

    @staticmethod
    def _note(delivery: Delivery, event: DeliveryEvent | None, report: Report, at: datetime) -> tuple[Change, ...]:
        """Late, duplicate or without meaning here: kept in the trace, changing nothing."""
        line = "delayed" if event is DeliveryEvent.DSN_DELAYED else "receipt-ignored"
        told = f"{report.kind.value} {report.outcome.value}"
        facts = (("report", told), *_facts(delivery, report))
        return (NewEvent(delivery.message, at, line, _actor(report), delivery.id, facts),)


def _actor(report: Report) -> str:
    return "operator" if report.kind is ReportKind.DSN else "recipient"


def _facts(delivery: Delivery, report: Report) -> tuple[tuple[str, str], ...]:
    """What the trace may hold of a receipt: its code, and that another box than ours answered."""
    final = (report.final_recipient or delivery.mailbox).lower()
    forwarded = "yes" if final != delivery.mailbox.lower() else ""
    return tuple((k, v) for k, v in (("code", report.code or ""), ("forwarded", forwarded)) if v)


def _catalogue_code(report: Report) -> str:
    """How the failure is told to the sender."""
    return "undeliverable" if report.kind is ReportKind.DSN else "rejected-by-software"
