"""The life of one delivery: a table of state × event, and when to try again.

Rules on top of the table:
1. A receipt never moves a clinical state; it only says what became of a mail.
2. *Read* (a person, MDN displayed) and *integrated* (software, MDN processed) are different things.
3. A late receipt settles an unknown or expired delivery. A failure that was told is corrected by a new entry of the
   trace, never overwritten.
4. An event that has no place in a state changes nothing (`None`): late, duplicate and out-of-order receipts are normal.

Source: RFC 3461 to 3464 (DSN), RFC 8098 (MDN), ANS volet "transmission par messagerie sécurisée" (error codes).
"""

from datetime import datetime, timedelta
from enum import StrEnum

from gateway.journal import DeliveryState as S
from gateway.model import Priority


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    PREPARED = "prepared"
    REFUSED = "refused"
    """It cannot be prepared, or a check before sending stops it: a person must look."""
    TAKEN = "taken"
    """250: the operator has taken responsibility."""
    PUT_OFF = "put-off"
    TURNED_DOWN = "turned-down"
    CONNECTION_LOST = "connection-lost"
    """After the end of data, before the answer: taken or not, nobody knows."""
    GIVEN_UP = "given-up"
    """The lifetime of its priority has passed."""
    DSN_DELIVERED = "dsn-delivered"
    DSN_DELAYED = "dsn-delayed"
    DSN_FAILED = "dsn-failed"
    MDN_DISPLAYED = "mdn-displayed"
    MDN_PROCESSED = "mdn-processed"
    MDN_FAILED = "mdn-failed"
    """`processed/error`, or a KO mail."""
    NO_RECEIPT = "no-receipt"
    """The deadline for a DSN has passed."""
    CANCELLED = "cancelled"
    RELEASED = "released"
    """A person lets a quarantined delivery go on."""


E = DeliveryEvent
_WAITING = (S.RECEIVED, S.READY, S.RETRYING, S.QUARANTINED)
_ON_ITS_WAY = (S.SENT, S.OUTCOME_UNKNOWN, S.SENT_UNCONFIRMED, S.EXPIRED)

TABLE: dict[tuple[S, DeliveryEvent], S] = {
    (S.RECEIVED, E.PREPARED): S.READY,
    (S.RECEIVED, E.REFUSED): S.QUARANTINED,
    (S.READY, E.REFUSED): S.QUARANTINED,
    (S.RETRYING, E.REFUSED): S.QUARANTINED,
    (S.QUARANTINED, E.RELEASED): S.RECEIVED,
    **{(state, E.TAKEN): S.SENT for state in (S.READY, S.RETRYING)},
    **{(state, E.PUT_OFF): S.RETRYING for state in (S.READY, S.RETRYING)},
    **{(state, E.TURNED_DOWN): S.UNDELIVERABLE for state in (S.READY, S.RETRYING)},
    **{(state, E.CONNECTION_LOST): S.OUTCOME_UNKNOWN for state in (S.READY, S.RETRYING)},
    **{(state, E.GIVEN_UP): S.EXPIRED for state in (S.READY, S.RETRYING)},
    (S.SENT, E.NO_RECEIPT): S.SENT_UNCONFIRMED,
    **{(state, E.CANCELLED): S.CANCELLED for state in _WAITING},
    **{(state, E.DSN_DELIVERED): S.DELIVERED for state in _ON_ITS_WAY},
    **{(state, E.DSN_FAILED): S.UNDELIVERABLE for state in _ON_ITS_WAY},
    **{(state, E.MDN_DISPLAYED): S.READ for state in (*_ON_ITS_WAY, S.DELIVERED, S.UNDELIVERABLE)},
    **{
        (state, E.MDN_PROCESSED): S.INTEGRATED
        for state in (*_ON_ITS_WAY, S.DELIVERED, S.READ, S.UNDELIVERABLE, S.REJECTED_BY_SOFTWARE)
    },
    **{(state, E.MDN_FAILED): S.REJECTED_BY_SOFTWARE for state in (*_ON_ITS_WAY, S.DELIVERED, S.READ, S.UNDELIVERABLE)},
    (S.UNDELIVERABLE, E.DSN_DELIVERED): S.DELIVERED,
}
"""Every move that exists. A receipt may come while the answer of our own server is still on its way."""

for _receipt, _state in (
    (E.DSN_DELIVERED, S.DELIVERED),
    (E.DSN_FAILED, S.UNDELIVERABLE),
    (E.MDN_DISPLAYED, S.READ),
    (E.MDN_PROCESSED, S.INTEGRATED),
    (E.MDN_FAILED, S.REJECTED_BY_SOFTWARE),
):
    TABLE |= {(early, _receipt): _state for early in (S.READY, S.RETRYING)}

CORRECTIONS = frozenset({S.UNDELIVERABLE, S.REJECTED_BY_SOFTWARE, S.EXPIRED})
"""States that the sender was told as failures: leaving one of them is a correction, said as such."""

FAILURES = CORRECTIONS | {S.QUARANTINED}
"""States in which somebody has to act."""


def next_state(state: S, event: DeliveryEvent) -> S | None:
    """Where `event` leads from `state`; None: nowhere, the state stays."""
    return TABLE.get((state, event))


_FIRST_RETRY, _LONGEST_RETRY = timedelta(seconds=30), timedelta(minutes=30)
_LIFETIME = {
    Priority.STAT: timedelta(minutes=30),
    Priority.ASAP: timedelta(hours=2),
    Priority.URGENT: timedelta(hours=12),
    Priority.ROUTINE: timedelta(days=2),
}


def retry_at(now: datetime, attempts: int, spread: float) -> datetime:
    """When to try again after `attempts` (from 1): doubling from 30 s to 30 min, ± 20 % by `spread` in [0, 1)."""
    wait = min(_FIRST_RETRY * int(2 ** min(attempts - 1, 10)), _LONGEST_RETRY)
    return now + wait * (0.8 + 0.4 * spread)


def gives_up_at(accepted_at: datetime, priority: Priority) -> datetime:
    """After this instant a delivery that was never taken is told as expired: the more urgent, the sooner."""
    return accepted_at + _LIFETIME[priority]
