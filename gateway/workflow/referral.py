"""What a referral's Task says, as far as this path goes: the technical states and the first answer.

Task.status is the standard's word, businessStatus ours. A receipt of delivery is technical news ("delivered"); only an
answer of the recipient moves the referral itself. Codes: `docs/messages/referral-request.md`, BSeR beside.
"""

from dataclasses import dataclass

from gateway.journal import DeliveryState as S


@dataclass(frozen=True, slots=True)
class Standing:
    """Task.status and businessStatus."""

    status: str
    business_status: str


SUBMITTED = Standing("requested", "submitted")
REPORTED = Standing("in-progress", "interim-report")
"""A structured answer has come; whether it closes the referral is the requester's to say."""

BY_DELIVERY: dict[S, Standing] = {
    S.DELIVERED: Standing("received", "delivered"),
    S.READ: Standing("received", "delivered"),
    S.INTEGRATED: Standing("received", "delivered"),
    S.REJECTED_BY_SOFTWARE: Standing("failed", "delivery-failed"),
    S.UNDELIVERABLE: Standing("failed", "delivery-failed"),
    S.EXPIRED: Standing("failed", "expired"),
}

_TECHNICAL = frozenset({"submitted", "delivered", "delivery-failed", "expired"})


def after_delivery(current: Standing, state: S) -> Standing:
    """The standing after a delivery has reached `state`: an answer that came first is never undone by a receipt."""
    if current.business_status not in _TECHNICAL:
        return current
    return BY_DELIVERY.get(state, current)
