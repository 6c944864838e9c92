"""Contract of the port WorkQueue. The numbers are those of the rules in ADR 3."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gateway.errors import ConflictError
from gateway.journal import Claim, DeliveryState, MoveDelivery, Next, StepResult
from gateway.model import ItemId
from gateway.store import Store
from tests.ports.stores import LEASE_SECONDS, NOON, TENANT, item, new_delivery, new_event, new_message, new_work

DONE = StepResult(Next.DONE)


def again(seconds: float) -> StepResult:
    return StepResult(Next.AGAIN, due_at=NOON + timedelta(seconds=seconds), code="internal")


def claim_one(store: Store) -> Claim:
    [claim] = store.queue.claim(1, LEASE_SECONDS)
    return claim


def claimed(store: Store, slots: int = 10) -> list[str]:
    return [claim.work for claim in store.queue.claim(slots, LEASE_SECONDS)]


def test_a_claim_tells_all_that_a_worker_needs(store: Store):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    assert (claim.work, claim.message, claim.tenant, claim.subject) == ("w", "w", TENANT, "w")
    assert (claim.attempts, claim.token) == (1, 1)
    assert claim.lease_until == NOON + timedelta(seconds=LEASE_SECONDS)


def test_rule_1_numbers_follow_the_order_of_commits_with_two_writers(open_handle):
    """Whenever one accept was answered before another began, it comes first in the lane."""
    stores, spans = [open_handle(), open_handle()], {}

    def accept(number: int) -> None:
        begun = time.monotonic()
        stores[number % 2].intake.accept(item(f"w{number}"))
        spans[f"w{number}"] = begun, time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(accept, range(40)))
    order = []
    while claims := stores[0].queue.claim(10, LEASE_SECONDS):
        order += [claim.work for claim in claims]
        assert stores[1].queue.finish(claims[0], DONE)
    assert len(order) == 40
    inversions = [(a, b) for at, a in enumerate(order) for b in order[:at] if spans[a][1] < spans[b][0]]
    assert inversions == []


def test_rule_1_the_items_of_one_accept_keep_their_order(store: Store):
    works = [new_work(f"w{number}", "lane", message="m") for number in range(3)]
    store.intake.accept([new_message("m"), *works])
    order = []
    for _ in works:
        order.append((claim := claim_one(store)).work)
        store.queue.finish(claim, DONE)
    assert order == ["w0", "w1", "w2"]


def test_rule_2_only_what_is_due_is_claimed(store: Store, clock):
    store.intake.accept(item("w", due_at=NOON + timedelta(seconds=10)))
    assert claimed(store) == []
    clock.advance(10)
    assert claimed(store) == ["w"]


def test_rule_2_what_is_due_longest_comes_first(store: Store, clock):
    for seconds in (3, 1, 2):
        store.intake.accept(item(f"w{seconds}", f"lane {seconds}", due_at=NOON + timedelta(seconds=seconds)))
    clock.advance(10)
    assert claimed(store) == ["w1", "w2", "w3"]


def test_rule_2_an_item_being_done_holds_its_lane_and_no_other(store: Store):
    for id, lane in [("a1", "a"), ("a2", "a"), ("b1", "b")]:
        store.intake.accept(item(id, lane))
    assert claimed(store) == ["a1", "b1"]
    assert claimed(store) == []


def test_rule_2_an_item_that_is_not_due_yet_holds_its_lane(store: Store):
    store.intake.accept(item("a1", due_at=NOON + timedelta(hours=1)))
    store.intake.accept(item("a2"))
    assert claimed(store) == []


def test_rule_2_the_same_lane_name_of_another_tenant_is_another_lane(store: Store):
    store.intake.accept(item("a1"))
    store.intake.accept([new_message("b1", tenant="cpts-epernay"), new_work("b1", "lane")])
    assert claimed(store) == ["a1", "b1"]


def test_rule_2_attempts_are_counted_at_the_claim(store: Store, clock):
    """A worker that is killed each time reaches the limit all the same."""
    store.intake.accept(item("w"))
    attempts = []
    for _ in range(3):
        attempts.append(claim_one(store).attempts)
        clock.advance(LEASE_SECONDS)
    assert attempts == [1, 2, 3]


@pytest.mark.parametrize(("slots", "expected"), [(-1, 0), (0, 0), (1, 1), (2, 2), (5, 3)])
def test_rule_3_no_more_is_claimed_than_there_are_free_slots(store: Store, slots, expected):
    for number in range(3):
        store.intake.accept(item(f"w{number}", f"lane {number}"))
    assert len(claimed(store, slots)) == expected


def test_rule_3_expired_and_due_items_together_keep_to_the_slots(store: Store, clock):
    for number in range(4):
        store.intake.accept(item(f"w{number}", f"lane {number}"))
    assert len(claimed(store, 2)) == 2
    clock.advance(LEASE_SECONDS)
    assert len(claimed(store, 3)) == 3


def test_rule_4_a_renewed_lease_is_not_taken_over(store: Store, clock):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    clock.advance(LEASE_SECONDS - 1)
    renewed = store.queue.renew(claim, LEASE_SECONDS)
    assert renewed.lease_until == clock.now() + timedelta(seconds=LEASE_SECONDS)
    assert (renewed.work, renewed.token, renewed.attempts) == (claim.work, claim.token, claim.attempts)
    clock.advance(LEASE_SECONDS - 1)
    assert claimed(store) == []
    assert store.queue.finish(renewed, DONE)


def test_rule_4_a_lease_that_somebody_else_took_cannot_be_renewed(store: Store, clock):
    store.intake.accept(item("w"))
    lost = claim_one(store)
    clock.advance(LEASE_SECONDS)
    claim_one(store)
    assert store.queue.renew(lost, LEASE_SECONDS) is None


@pytest.mark.parametrize("result", [DONE, again(0), StepResult(Next.PARKED)], ids=lambda result: result.next)
def test_rule_4_what_was_let_go_cannot_be_renewed(store: Store, result):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    store.queue.finish(claim, result)
    assert store.queue.renew(claim, LEASE_SECONDS) is None


def test_rule_6_an_expired_lease_is_reclaimed_and_the_old_holder_fenced_off(store: Store, clock):
    store.intake.accept(item("w"))
    late = claim_one(store)
    clock.advance(LEASE_SECONDS)
    taken_over = claim_one(store)
    assert taken_over.token == late.token + 1
    assert store.queue.finish(late, StepResult(Next.DONE, (new_event("w", "too-late"),))) is False
    assert store.query.events(ItemId("w")) == []
    assert store.queue.finish(taken_over, StepResult(Next.DONE, (new_event("w", "in-time"),))) is True
    assert [event.code for event in store.query.events(ItemId("w"))] == ["in-time"]


def test_rule_6_a_late_holder_is_fenced_off_after_the_other_has_finished(store: Store, clock):
    store.intake.accept(item("w"))
    late = claim_one(store)
    clock.advance(LEASE_SECONDS)
    store.queue.finish(claim_one(store), again(0))
    assert store.queue.finish(late, DONE) is False
    assert claimed(store) == ["w"]


def test_rule_6_the_successor_waits_for_the_one_that_took_over(store: Store, clock):
    store.intake.accept(item("a1"))
    store.intake.accept(item("a2"))
    late = claim_one(store)
    clock.advance(LEASE_SECONDS)
    taken_over = claim_one(store)
    store.queue.finish(late, DONE)
    assert claimed(store) == []
    store.queue.finish(taken_over, DONE)
    assert claimed(store) == ["a2"]


def test_rule_6_a_lease_that_nobody_took_over_still_counts(store: Store, clock):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    clock.advance(LEASE_SECONDS * 10)
    assert store.queue.finish(claim, DONE) is True


def test_rule_6_finishing_twice_writes_once(store: Store):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    result = StepResult(Next.DONE, (new_event("w", "sent"),))
    assert [store.queue.finish(claim, result), store.queue.finish(claim, result)] == [True, False]
    assert len(store.query.events(ItemId("w"))) == 1


def test_rule_6_the_next_work_is_written_with_the_result(store: Store):
    store.intake.accept(item("first"))
    claim = claim_one(store)
    store.queue.finish(claim, StepResult(Next.DONE, (new_work("second", "other", message="first"),)))
    assert claimed(store) == ["second"]


def test_rule_6_a_result_that_conflicts_leaves_the_claim_as_it_was(store: Store, clock):
    store.intake.accept([*item("w"), new_delivery("d", message="w")])
    claim = claim_one(store)
    wrong = MoveDelivery(ItemId("d"), DeliveryState.READY, DeliveryState.SENT, NOON)
    with pytest.raises(ConflictError):
        store.queue.finish(claim, StepResult(Next.DONE, (new_event("w", "sent"), wrong)))
    assert store.query.events(ItemId("w")) == []
    assert store.queue.renew(claim, LEASE_SECONDS) is not None


def test_rule_7_a_retry_holds_its_lane_until_its_time(store: Store, clock):
    for id, lane in [("a1", "a"), ("a2", "a"), ("b1", "b")]:
        store.intake.accept(item(id, lane))
    first, _ = store.queue.claim(2, LEASE_SECONDS)
    store.queue.finish(first, again(60))
    assert claimed(store) == []
    clock.advance(60)
    retried = next(claim for claim in store.queue.claim(10, LEASE_SECONDS) if claim.work != "b1")
    assert (retried.work, retried.attempts) == ("a1", 2)
    store.queue.finish(retried, DONE)
    assert claimed(store) == ["a2"]


def test_rule_7_a_retry_without_a_time_is_due_at_once(store: Store):
    store.intake.accept(item("w"))
    store.queue.finish(claim_one(store), StepResult(Next.AGAIN))
    assert claimed(store) == ["w"]


def park_first_of_two(store: Store) -> None:
    store.intake.accept(item("a1"))
    store.intake.accept(item("a2"))
    store.queue.finish(claim_one(store), StepResult(Next.PARKED, code="internal"))


def test_rule_7_a_parked_item_holds_its_lane_for_ever(store: Store, clock):
    park_first_of_two(store)
    clock.advance(30 * 86400)
    assert claimed(store) == []
    assert store.parking.backlog().parked == 1


def test_rule_7_a_person_resumes_a_parked_item_at_its_old_place(store: Store):
    park_first_of_two(store)
    assert store.parking.resume(ItemId("a1"), [new_event("a1", "resumed")])
    claim = claim_one(store)
    assert (claim.work, claim.attempts, claim.token) == ("a1", 1, 2)
    assert [event.code for event in store.query.events(ItemId("a1"))] == ["resumed"]


def test_rule_7_a_person_skips_a_parked_item_and_frees_its_lane(store: Store):
    park_first_of_two(store)
    assert store.parking.skip(ItemId("a1"))
    assert claimed(store) == ["a2"]


def test_rule_7_what_is_not_parked_can_be_neither_resumed_nor_skipped(store: Store):
    store.intake.accept(item("w"))
    claim = claim_one(store)
    assert not store.parking.resume(claim.work)
    assert not store.parking.skip(claim.work, [new_event("w", "skipped")])
    assert store.query.events(ItemId("w")) == []


def test_rule_8_accepting_work_wakes_a_worker_that_waits(store: Store):
    woken = threading.Event()
    worker = threading.Thread(target=lambda: store.wait_for_work(20) and woken.set())
    worker.start()
    store.intake.accept(item("w"))
    worker.join(10)
    assert woken.is_set()


def test_rule_8_finishing_wakes_because_a_successor_may_be_free(store: Store):
    store.intake.accept(item("w"))
    assert store.wait_for_work(0)
    store.queue.finish(claim_one(store), DONE)
    assert store.wait_for_work(0)


def test_rule_8_nothing_committed_means_no_wake_up(store: Store):
    store.intake.accept([new_message("m")])
    assert claimed(store) == []
    assert store.wait_for_work(0) is False


def test_rule_9_the_backlog_tells_what_an_alarm_needs(store: Store, clock):
    for number in range(3):
        store.intake.accept(item(f"w{number}", f"lane {number}", due_at=NOON + timedelta(seconds=number)))
    clock.advance(1)
    assert store.parking.backlog().oldest_due_at == NOON
    claim_one(store)
    assert store.parking.backlog().oldest_due_at == NOON + timedelta(seconds=1)
    clock.advance(LEASE_SECONDS)
    assert store.parking.backlog().expired == 1


def test_rule_11_two_handles_on_one_journal_claim_disjointly(open_handle):
    stores = [open_handle(), open_handle()]
    for number in range(20):
        stores[0].intake.accept(item(f"w{number}", f"lane {number}"))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: claimed(stores[number % 2], 4), range(8)))
    assert sorted(work for works in found for work in works) == sorted(f"w{number}" for number in range(20))
