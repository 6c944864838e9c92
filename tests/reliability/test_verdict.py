"""Each column of the table is able to be other than zero: the comparison, without a kill."""

from dataclasses import replace

import pytest

from gateway.sandbox.partners import Deed
from reliability.observe import Arrival, DeliveryRow, Seen
from reliability.software import Posted
from reliability.verdict import Facts, Fault, TaskView, judge
from reliability.world import Reply

SVEN, ODILE = "sven@ch.example", "odile@medecin.example"
LETTER, FORWARD = "<1@passerelle.example>", "<2@passerelle.example>"
POSTED = Posted("KILL-000001", b"{}", b'{"entry":[{},{},{"resource":{"id":"task-1"}}]}', 200)
REPLIED = Reply(Deed.REPLIED, LETTER, "REPLY-0123456789abcdef")
ANSWERED = Reply(Deed.ANSWERED_WITH_DOCUMENT, LETTER, "")
INTEGRATED = Reply(Deed.REPORTED_PROCESSED, LETTER, "")
LETTER_ARRIVED = Arrival(SVEN, LETTER, frozenset({POSTED.marker}), "a" * 64)
FORWARD_ARRIVED = Arrival(ODILE, FORWARD, frozenset({REPLIED.token}), "b" * 64)
DELIVERIES = {
    LETTER: DeliveryRow("task-1", LETTER, SVEN, "integrated"),
    FORWARD: DeliveryRow("forward-1", FORWARD, ODILE, "delivered"),
}
SEEN = Seen(
    deliveries=DELIVERIES,
    work={"done": ["task-1"]},
    arrivals=[LETTER_ARRIVED, FORWARD_ARRIVED],
    unread=frozenset(),
    unflagged=frozenset(),
    untouched=0,
)
TASK = TaskView("integrated", ("DocumentReference/1",), ("Communication/1",))
CLEAN = Facts(
    posted=[POSTED],
    seen=SEEN,
    replies=[REPLIED, ANSWERED, INTEGRATED],
    tasks={"task-1": TASK},
    windows={},
)


def seen(**changes: object) -> Facts:
    return replace(CLEAN, seen=replace(SEEN, **changes))  # type: ignore[arg-type]


def arrived(*arrivals: Arrival) -> Facts:
    return seen(arrivals=list(arrivals))


def told(**changes: tuple[str, ...]) -> Facts:
    return replace(CLEAN, tasks={"task-1": replace(TASK, **changes)})  # type: ignore[arg-type]


def given_up(state: str) -> Facts:
    """The sender never read an answer; the journal has the referral."""
    unanswered = replace(POSTED, answer=None, status=None, given_up=True)
    row = DeliveryRow("task-1", LETTER, SVEN, state)
    facts = seen(arrivals=[FORWARD_ARRIVED], deliveries=DELIVERIES | {LETTER: row})
    return replace(facts, posted=[unanswered])


def test_a_run_without_fault_has_no_finding() -> None:
    verdict = judge(CLEAN)
    assert (verdict.findings, verdict.copies) == ((), ())


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        pytest.param(arrived(FORWARD_ARRIVED), Fault.LOST, id="answered and no mail"),
        pytest.param(given_up("integrated"), Fault.LOST, id="journaled for a sender that gave up, and no mail"),
        pytest.param(arrived(LETTER_ARRIVED), Fault.LOST, id="a reply that was not passed on"),
        pytest.param(told(answers=()), Fault.LOST, id="a document that the Task does not show"),
        pytest.param(told(texts=()), Fault.LOST, id="words that the Task does not show"),
        pytest.param(seen(unread=frozenset({"<r@x>"})), Fault.LOST, id="a mail that was never journaled"),
        pytest.param(
            arrived(LETTER_ARRIVED, FORWARD_ARRIVED, Arrival(SVEN, "<3@x>", frozenset({"KILL-000009"}), "c" * 64)),
            Fault.PHANTOM,
            id="a mail about a referral that was never accepted",
        ),
        pytest.param(
            arrived(LETTER_ARRIVED, FORWARD_ARRIVED, Arrival(SVEN, "<3@x>", frozenset(), "c" * 64)),
            Fault.PHANTOM,
            id="a mail about nothing",
        ),
        pytest.param(
            arrived(LETTER_ARRIVED, FORWARD_ARRIVED, Arrival(SVEN, "<3@x>", frozenset({POSTED.marker}), "c" * 64)),
            Fault.DOUBLED,
            id="two Message-IDs for one referral",
        ),
        pytest.param(
            arrived(LETTER_ARRIVED, LETTER_ARRIVED, FORWARD_ARRIVED), Fault.DOUBLED, id="a copy of a known outcome"
        ),
        pytest.param(
            replace(arrived(*[LETTER_ARRIVED] * 3, FORWARD_ARRIVED), windows={LETTER: 1}),
            Fault.DOUBLED,
            id="more copies than unknown outcomes",
        ),
        pytest.param(
            replace(
                arrived(LETTER_ARRIVED, replace(LETTER_ARRIVED, sha256="d" * 64), FORWARD_ARRIVED), windows={LETTER: 1}
            ),
            Fault.DOUBLED,
            id="sent again with another content",
        ),
        pytest.param(told(answers=("DocumentReference/1",) * 2), Fault.DOUBLED, id="one answer told twice"),
        pytest.param(told(texts=("Communication/1", "Communication/2")), Fault.DOUBLED, id="two effects of one reply"),
        pytest.param(
            replace(CLEAN, done_again=frozenset({"<4@x>"})), Fault.DOUBLED, id="the same request, another mail"
        ),
        pytest.param(replace(CLEAN, answered_otherwise=("KILL-000001",)), Fault.OTHER, id="another answer"),
        pytest.param(seen(work={"doing": ["task-1"]}), Fault.OTHER, id="work left in hand"),
        pytest.param(seen(work={"parked": ["task-1"]}), Fault.OTHER, id="work left to a person"),
        pytest.param(seen(unflagged=frozenset({"<r@x>"})), Fault.OTHER, id="a mail never flagged"),
        pytest.param(
            seen(deliveries=DELIVERIES | {LETTER: DeliveryRow("task-1", LETTER, SVEN, "sent")}),
            Fault.OTHER,
            id="a state that does not say what the receipts said",
        ),
    ],
)
def test_a_fault_is_found_and_called_by_its_name(facts: Facts, fault: Fault) -> None:
    assert {finding.fault for finding in judge(facts).findings} == {fault}


def test_a_copy_after_an_unknown_outcome_is_counted_and_no_fault() -> None:
    facts = replace(arrived(LETTER_ARRIVED, LETTER_ARRIVED, FORWARD_ARRIVED), windows={LETTER: 1})
    verdict = judge(facts)
    assert (verdict.findings, verdict.copies) == ((), (LETTER,))
