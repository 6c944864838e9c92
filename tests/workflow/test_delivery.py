"""The table of a delivery: every state and event has been decided, and nothing good is undone by what comes late."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.journal import DeliveryState as S
from gateway.model import Priority
from gateway.workflow.delivery import CORRECTIONS, FAILURES, TABLE, gives_up_at, next_state, retry_at
from gateway.workflow.delivery import DeliveryEvent as E

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RECEIPTS = {E.DSN_DELIVERED, E.DSN_DELAYED, E.DSN_FAILED, E.MDN_DISPLAYED, E.MDN_PROCESSED, E.MDN_FAILED}
PAIRS = st.sampled_from(sorted(product(S, E)))

# Read as sentences: in this state, these events do something, and all others nothing.
DECIDED: dict[S, dict[E, S]] = {
    S.RECEIVED: {E.PREPARED: S.READY, E.REFUSED: S.QUARANTINED, E.CANCELLED: S.CANCELLED},
    S.QUARANTINED: {E.RELEASED: S.RECEIVED, E.CANCELLED: S.CANCELLED},
    **{
        waiting: {
            E.REFUSED: S.QUARANTINED, E.TAKEN: S.SENT, E.PUT_OFF: S.RETRYING, E.TURNED_DOWN: S.UNDELIVERABLE,
            E.CONNECTION_LOST: S.OUTCOME_UNKNOWN, E.GIVEN_UP: S.EXPIRED, E.CANCELLED: S.CANCELLED,
            E.DSN_DELIVERED: S.DELIVERED, E.DSN_FAILED: S.UNDELIVERABLE, E.MDN_DISPLAYED: S.READ,
            E.MDN_PROCESSED: S.INTEGRATED, E.MDN_FAILED: S.REJECTED_BY_SOFTWARE,
        }
        for waiting in (S.READY, S.RETRYING)
    },
    **{
        on_its_way: {
            E.DSN_DELIVERED: S.DELIVERED, E.DSN_FAILED: S.UNDELIVERABLE, E.MDN_DISPLAYED: S.READ,
            E.MDN_PROCESSED: S.INTEGRATED, E.MDN_FAILED: S.REJECTED_BY_SOFTWARE,
        }
        | ({E.NO_RECEIPT: S.SENT_UNCONFIRMED} if on_its_way is S.SENT else {})
        for on_its_way in (S.SENT, S.OUTCOME_UNKNOWN, S.SENT_UNCONFIRMED, S.EXPIRED)
    },
    S.DELIVERED: {E.MDN_DISPLAYED: S.READ, E.MDN_PROCESSED: S.INTEGRATED, E.MDN_FAILED: S.REJECTED_BY_SOFTWARE},
    S.READ: {E.MDN_PROCESSED: S.INTEGRATED, E.MDN_FAILED: S.REJECTED_BY_SOFTWARE},
    S.UNDELIVERABLE: {
        E.DSN_DELIVERED: S.DELIVERED, E.MDN_DISPLAYED: S.READ, E.MDN_PROCESSED: S.INTEGRATED,
        E.MDN_FAILED: S.REJECTED_BY_SOFTWARE,
    },
    S.REJECTED_BY_SOFTWARE: {E.MDN_PROCESSED: S.INTEGRATED},
    S.INTEGRATED: {},
    S.CANCELLED: {},
}  # fmt: skip


def test_every_state_has_been_thought_of() -> None:
    assert set(DECIDED) == set(S)


@pytest.mark.parametrize("state", S)
def test_the_table_says_for_every_event_what_was_decided(state: S) -> None:
    assert {event: next_state(state, event) for event in E if next_state(state, event)} == DECIDED[state]


@given(PAIRS)
def test_a_move_is_never_to_where_it_already_is(pair: tuple[S, E]) -> None:
    state, event = pair
    assert next_state(state, event) is not state or (state, event) == (S.RETRYING, E.PUT_OFF)


@given(PAIRS)
def test_what_software_has_filed_is_filed_for_good(pair: tuple[S, E]) -> None:
    assert next_state(S.INTEGRATED, pair[1]) is None


@given(st.lists(st.sampled_from(sorted(E)), max_size=12))
def test_after_integrated_or_cancelled_nothing_moves_any_more(events: list[E]) -> None:
    for final in (S.INTEGRATED, S.CANCELLED):
        assert walk(final, events) is final


@given(st.sampled_from([S.DELIVERED, S.READ, S.INTEGRATED]), st.lists(st.sampled_from(sorted(E)), max_size=12))
def test_good_news_becomes_a_failure_only_by_the_recipients_own_software(state: S, events: list[E]) -> None:
    for event in events:
        moved = next_state(state, event) or state
        if moved in FAILURES and state not in FAILURES:
            assert event is E.MDN_FAILED
        state = moved


@given(st.lists(st.sampled_from(sorted(RECEIPTS)), max_size=8))
def test_receipts_in_any_order_say_integrated_where_one_of_them_does(receipts: list[E]) -> None:
    assert (walk(S.SENT, receipts) is S.INTEGRATED) == (E.MDN_PROCESSED in receipts)


@given(st.lists(st.sampled_from([E.DSN_DELIVERED, E.MDN_DISPLAYED, E.MDN_PROCESSED]), max_size=6), st.randoms())
def test_the_order_of_good_receipts_does_not_matter(receipts: list[E], chance: object) -> None:
    shuffled = list(receipts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert walk(S.SENT, receipts) is walk(S.SENT, shuffled)


def walk(state: S, events: Iterable[E]) -> S:
    for event in events:
        state = next_state(state, event) or state
    return state


def test_every_state_can_be_reached() -> None:
    reached, before = {S.RECEIVED}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {target for (source, _), target in TABLE.items() if source in reached}
    assert reached == set(S)


def test_a_receipt_never_revives_what_was_cancelled_or_set_aside() -> None:
    assert all(next_state(state, receipt) is None for state in (S.CANCELLED, S.QUARANTINED) for receipt in RECEIPTS)


def test_what_was_told_as_a_failure_is_a_correction_when_left() -> None:
    assert {S.UNDELIVERABLE, S.REJECTED_BY_SOFTWARE, S.EXPIRED} == CORRECTIONS
    assert {S.QUARANTINED} == FAILURES - CORRECTIONS


# --- when to try again -------------------------------------------------------------------------------------------


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_the_next_try_is_soon_and_never_too_late(attempts: int, spread: float) -> None:
    wait = retry_at(NOW, attempts, spread) - NOW
    assert timedelta(seconds=24) <= wait <= timedelta(minutes=36)


@given(st.integers(1, 100), st.floats(0, 1, exclude_max=True))
def test_each_wait_is_at_least_as_long_as_the_one_before(attempts: int, spread: float) -> None:
    assert retry_at(NOW, attempts, spread) <= retry_at(NOW, attempts + 1, spread)


def test_the_wait_doubles_from_half_a_minute_to_half_an_hour() -> None:
    waits = [(retry_at(NOW, n, 0.5) - NOW).total_seconds() for n in (1, 2, 3, 4, 5, 6, 7, 8)]
    assert waits == [30, 60, 120, 240, 480, 960, 1800, 1800]


def test_the_more_urgent_the_sooner_it_is_told() -> None:
    limits = [
        gives_up_at(NOW, priority) for priority in (Priority.STAT, Priority.ASAP, Priority.URGENT, Priority.ROUTINE)
    ]
    assert limits == sorted(set(limits))
    assert limits[0] - NOW == timedelta(minutes=30)


@given(st.sampled_from(list(Priority)))
def test_there_is_time_for_a_second_try_before_giving_up(priority: Priority) -> None:
    assert retry_at(NOW, 1, 0.99) < gives_up_at(NOW, priority)
