"""Where the gateway is killed, in the order of the walk, and what must be in the air for a kill to count."""

from dataclasses import dataclass
from enum import StrEnum


class InTheAir(StrEnum):
    """What the parent can see after a kill, from outside: a message that is between two states."""

    UNANSWERED = "unanswered"
    """A request whose connection broke before its answer."""
    OPEN = "open"
    """Work that waits or is in hand (work in hand is also `doing`)."""
    DOING = "doing"
    UNKNOWN = "unknown"
    """A mail that lies in its mailbox while the journal does not say that it was sent."""
    UNREAD = "unread"
    """A mail in the gateway's mailbox that is not journaled."""
    UNFLAGGED = "unflagged"
    """A mail in the gateway's mailbox that is not flagged as done with."""


@dataclass(frozen=True, slots=True)
class Step:
    """A point of the walk. A kill here counts only where `shows` is seen afterwards; None: anything in the air."""

    name: str
    means: str
    shows: InTheAir | None


RANDOM = Step("random", "any moment, from outside", None)
AT_DELIVERY = Step("at-delivery", "the operator has stored the mail and not yet said 250", InTheAir.UNKNOWN)

STEPS = (
    Step("before-commit", "referral accepted, not yet committed", InTheAir.UNANSWERED),
    Step("after-commit", "committed, not yet answered", InTheAir.UNANSWERED),
    Step("before-answer", "before the first byte of the answer", InTheAir.UNANSWERED),
    Step("after-answer", "answered, nothing sent yet", InTheAir.OPEN),
    Step("after-claim", "a worker has claimed work", InTheAir.DOING),
    Step("after-prepare", "mail made, not yet journaled", InTheAir.DOING),
    Step("before-send", "mail journaled, before the connection is used", InTheAir.DOING),
    AT_DELIVERY,
    Step("after-250", "250 received, not yet journaled", InTheAir.UNKNOWN),
    Step("after-sent", "journaled as sent, its receipts under way", InTheAir.UNFLAGGED),
    Step("after-fetch", "mail fetched, not yet journaled", InTheAir.UNREAD),
    Step("after-journal", "mail journaled, not yet read", InTheAir.UNFLAGGED),
    Step("before-effect", "mail read and mapped, nothing written yet", InTheAir.DOING),
    Step("after-effect", "effect written, mail not yet flagged", InTheAir.UNFLAGGED),
    Step("after-flag", "mail flagged as done with", None),
    RANDOM,
)
"""`at-delivery` and `random` are killed from outside; at the others the process kills itself, by SIGKILL too."""

BY_NAME = {step.name: step for step in STEPS}
