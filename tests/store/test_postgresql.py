"""What only PostgreSQL has: writers that do not exclude each other, a server that goes away, a clock of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, select, text, update

from gateway.errors import ConfigurationError, ConflictError, GatewayError, StorageError
from gateway.journal import Next, PayloadRole, PutPayload, StepResult
from gateway.model import ItemId
from gateway.store import Store, open_store, schema
from gateway.store.changes import write_changes
from gateway.store.database import writing
from gateway.store.keys import Keyring
from gateway.store.transaction import Transaction
from tests.peers.patience import patiently
from tests.peers.postgres import ABSENT, Postgres
from tests.ports.stores import (
    CLIENT,
    MAILBOX,
    MASTER_KEY,
    TENANT,
    RandomIds,
    SteppingClock,
    SystemClock,
    item,
    new_event,
    new_message,
    new_work,
    request,
)

pytestmark = [pytest.mark.real_server, pytest.mark.skipif(ABSENT is not None, reason=ABSENT or "")]
DONE = StepResult(Next.DONE)
NAME = ("Bundle.id", "b-1", "sha-1")


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.new_journal()


@pytest.fixture
def open_handle(url: str) -> Iterator[Callable[..., Store]]:
    """One more handle, as another process would have it; leases run on the server's time."""
    with ExitStack() as handles:

        def handle(clock=None, at: str = url) -> Store:
            return handles.enter_context(open_store(at, MASTER_KEY, clock or SystemClock(), RandomIds()))

        yield handle


@pytest.fixture
def store(open_handle) -> Store:
    return open_handle()


@contextmanager
def held_open(store: Store, changes) -> Iterator[None]:
    """Another session that has written all this, and does not commit until the end."""
    with writing(store._engine) as connection:
        write_changes(Transaction(connection, Keyring(MASTER_KEY)), changes)
        yield


def in_background(call: Callable[..., object], *arguments: object) -> "Future[object]":
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(call, *arguments)
    finally:
        pool.shutdown(wait=False)


def is_waiting(future: "Future[object]") -> bool:
    time.sleep(0.3)
    return not future.done()


def claimed(store: Store) -> list[str]:
    return [claim.work for claim in store.queue.claim(10, 30)]


# --- order, duplicates, claims while others write ----------------------------------------------------------------


def test_rule_1_a_number_that_is_not_committed_yet_holds_back_whoever_wants_the_next(open_handle):
    """The late commit of an earlier number: the later one is not even accepted before it."""
    early, late = open_handle(), open_handle()
    with held_open(early, item("first")):
        accepting = in_background(late.intake.accept, item("second"))
        assert is_waiting(accepting)
        assert claimed(late) == []
    assert accepting.result(10) is None
    assert claimed(late) == ["first"]


def test_rule_1_a_number_that_is_never_committed_is_no_gap_to_wait_for(open_handle):
    store, other = open_handle(), open_handle()
    with pytest.raises(ZeroDivisionError), held_open(other, item("lost")):
        raise ZeroDivisionError
    store.intake.accept(item("next"))
    assert claimed(store) == ["next"]


def test_rule_1_other_lanes_do_not_wait(open_handle):
    store, other = open_handle(), open_handle()
    with held_open(other, item("a", "lane a")):
        store.intake.accept(item("b", "lane b"))
        assert claimed(store) == ["b"]


def test_rule_1_two_writers_of_the_same_lanes_in_opposite_order_do_not_wait_in_a_circle(open_handle):
    stores = [open_handle(), open_handle()]
    deadlocks = []
    for one in stores:
        event.listen(one._engine, "handle_error", lambda context: deadlocks.append(str(context.original_exception)))

    def accept(number: int) -> None:
        lanes = [f"lane {lane}" for lane in range(8)][:: 1 if number % 2 else -1]
        works = [new_work(f"w{number}-{lane}", lane, message=f"m{number}") for lane in lanes]
        stores[number % 2].intake.accept([new_message(f"m{number}"), *works])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(accept, range(40)))
    assert deadlocks == []


def test_the_victim_of_a_deadlock_is_run_again(store: Store):
    store.intake.accept(item("a", "a"))
    store.intake.accept(item("b", "b"))
    met, runs = threading.Barrier(2), []

    def touch(first: str, second: str) -> None:
        def job(connection: Connection) -> None:
            runs.append(first)
            connection.execute(update(schema.work).where(schema.work.c.id == first).values(code="x"))
            if len(runs) <= 2:
                met.wait(10)
            connection.execute(update(schema.work).where(schema.work.c.id == second).values(code="x"))

        store._writer.run(job)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(touch, ["a", "b"], ["b", "a"]))
    assert len(runs) > 2  # and both were written, or this would have raised; a victim may be one twice


def test_a_duplicate_of_what_is_being_accepted_waits_and_is_given_the_first_answer(open_handle):
    first, second = open_handle(), open_handle()
    with held_open(first, request("m1", [NAME], b"first answer")):
        accepting = in_background(second.intake.accept, request("m2", [NAME], b"second answer"))
        assert is_waiting(accepting)
    known = accepting.result(10)
    assert (known.message, known.same, known.answer) == ("m1", True, b"first answer")
    assert second.query.message(ItemId("m2")) is None
    assert claimed(second) == ["m1"]


def test_a_duplicate_of_what_is_then_undone_is_the_first(open_handle):
    first, second = open_handle(), open_handle()
    with pytest.raises(ZeroDivisionError), held_open(first, request("m1", [NAME])):
        accepting = in_background(second.intake.accept, request("m2", [NAME]))
        assert is_waiting(accepting)
        raise ZeroDivisionError
    assert accepting.result(10) is None
    assert first.intake.recall(TENANT, CLIENT, [NAME]).message == "m2"


def test_a_conflict_that_stays_is_told_and_leaves_nothing(store: Store):
    store.intake.accept([new_message("m")])
    with pytest.raises(ConflictError):
        store.intake.accept([new_message("half"), new_message("m")])
    assert store.query.message(ItemId("half")) is None


def test_rule_2_a_claim_does_not_wait_for_the_claim_of_another(open_handle):
    store, other = open_handle(), open_handle()
    for number in range(4):
        store.intake.accept(item(f"w{number}", f"lane {number}"))
    with writing(other._engine) as connection:
        theirs = connection.execute(text("SELECT id FROM work ORDER BY number LIMIT 2 FOR UPDATE")).scalars().all()
        ours = in_background(claimed, store).result(5)
    assert (theirs, ours) == (["w0", "w1"], ["w2", "w3"])


def test_rule_2_many_claims_at_once_are_disjoint_and_leave_nothing(open_handle):
    stores = [open_handle() for _ in range(4)]
    for number in range(60):
        stores[0].intake.accept(item(f"w{number}", f"lane {number}"))

    def take(number: int) -> list[str]:
        found = []
        while works := [claim.work for claim in stores[number].queue.claim(3, 30)]:
            found += works
        return found

    with ThreadPoolExecutor(4) as pool:
        taken = [work for works in pool.map(take, range(4)) for work in works]
    assert sorted(taken) == sorted(f"w{number}" for number in range(60))


# --- time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong_by", [timedelta(days=1), timedelta(days=-1)])
def test_a_lease_runs_on_the_servers_time_not_on_that_of_a_machine_whose_clock_is_wrong(open_handle, wrong_by):
    store, wrong = open_handle(), open_handle(SteppingClock(datetime.now(UTC) + wrong_by))
    store.intake.accept(item("w"))
    [claim] = store.queue.claim(1, 30)
    assert wrong.queue.claim(1, 30) == []
    assert wrong.parking.backlog().expired == 0
    assert store.mailbox_lease.acquire(MAILBOX, 60)
    assert not wrong.mailbox_lease.acquire(MAILBOX, 60)
    assert store.queue.finish(claim, DONE)


@pytest.mark.parametrize("wrong_by", [timedelta(days=1), timedelta(days=-1)])
def test_rule_5_a_holder_is_told_the_end_of_its_lease_by_its_own_clock(open_handle, wrong_by):
    clock = SteppingClock(datetime.now(UTC) + wrong_by)
    store = open_handle(clock)
    store.intake.accept(item("w"))
    [claim] = store.queue.claim(1, 30) if wrong_by.days > 0 else open_handle().queue.claim(1, 30)
    renewed = store.queue.renew(claim, 45)
    assert renewed.lease_until == clock.now() + timedelta(seconds=45)


def test_a_lease_of_the_servers_time_ends_and_is_taken_over(open_handle):
    store, other = open_handle(), open_handle()
    store.intake.accept(item("w"))
    [late] = store.queue.claim(1, 0.2)
    assert other.queue.claim(1, 30) == []
    [claim] = patiently(lambda: other.queue.claim(1, 30), bool)
    assert (claim.token, claim.attempts) == (2, 2)
    assert not store.queue.finish(late, StepResult(Next.DONE, (new_event("w", "late"),)))


# --- the server --------------------------------------------------------------------------------------------------


def setting(connection: Connection, name: str) -> str:
    value: str = connection.execute(text(f"SHOW {name}")).scalar_one()
    return value


def test_every_commit_reaches_the_disk_even_where_the_server_says_otherwise(open_handle, url):
    store = open_handle(at=url.replace("-csearch_path", "-csynchronous_commit%3Doff%20-csearch_path"))
    with store._engine.connect() as connection:
        assert setting(connection, "synchronous_commit") == "on"


def test_a_process_stopped_in_mid_transaction_does_not_hold_others_for_ever(store: Store):
    with store._engine.connect() as connection:
        held = {name: setting(connection, name) for name in ("lock_timeout", "idle_in_transaction_session_timeout")}
    assert held == {"lock_timeout": "30s", "idle_in_transaction_session_timeout": "1min"}


def test_writing_is_read_committed_and_reading_is_one_snapshot_that_cannot_write(store: Store):
    names = ("transaction_isolation", "transaction_read_only")
    with writing(store._engine) as connection:
        assert [setting(connection, name) for name in names] == ["read committed", "off"]
    with store._engine.connect() as connection:
        assert [setting(connection, name) for name in names] == ["repeatable read", "on"]


def test_rule_10_dead_rows_of_the_work_table_are_cleared_by_their_number(store: Store):
    with store._engine.connect() as connection:
        options = connection.execute(text("SELECT reloptions FROM pg_class WHERE oid = 'work'::regclass")).scalar_one()
    assert set(options) == {
        "autovacuum_vacuum_threshold=1000",
        "autovacuum_vacuum_scale_factor=0",
        "autovacuum_analyze_threshold=1000",
        "autovacuum_analyze_scale_factor=0",
    }


def test_rule_10_the_claim_walks_its_partial_indexes_whatever_the_number_of_finished_items(store: Store):
    """Before the server has counted the rows, and after."""
    fill(store, done=20_000, todo=3000, doing=300)
    sent = []
    event.listen(store._engine, "before_cursor_execute", lambda *call: sent.append(call[2:4]))
    assert len(claimed(store)) == 10
    [claim] = [statement for statement in sent if "UPDATE work" in statement[0]]
    assert "Join Filter" not in plan_of(store, *claim)
    with writing(store._engine) as connection:
        connection.execute(text("ANALYZE work"))
    plan = plan_of(store, *claim)
    assert [i for i in ("work_todo", "work_leased", "work_open", "work_pkey") if i not in plan] == [], plan
    assert not [line for line in plan.splitlines() if "Seq Scan" in line or "Join Filter" in line], plan


_MANY = """
    INSERT INTO work (id, tenant, message, kind, subject, lane, seq, state, due_at, attempts, token, lease_until)
    SELECT :state || n, 't', 'old', 'delivery', 's', decode(md5(:state || n % :lanes), 'hex'), n, :state, now(), 1, 1,
        CASE :state WHEN 'doing' THEN now() + interval '1 h' END
    FROM generate_series(1, :count) AS n"""


def fill(store: Store, **counts: int) -> None:
    """Finished items share lanes; each open one has its own."""
    store.intake.accept([new_message("old")])
    with writing(store._engine) as connection:
        for state, count in counts.items():
            lanes = 500 if state == "done" else count
            connection.execute(text(_MANY), {"state": state, "count": count, "lanes": lanes})


def plan_of(store: Store, sql: str, parameters: object) -> str:
    with writing(store._engine) as connection:
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}", parameters).scalars())


def test_a_server_that_was_away_is_found_again(store: Store, postgres: Postgres):
    store.intake.accept(item("before"))
    with postgres.connect() as administrator:
        administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    store.intake.accept(item("after"))
    assert store.query.message(ItemId("after")) is not None


def test_a_session_that_ends_in_mid_transaction_is_a_clean_refusal(store: Store):
    def is_cut_off(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageError) as error:
        store._writer.run(is_cut_off)
    assert error.value.code == "store-unavailable"
    store.intake.accept(item("after"))


def test_a_server_that_does_not_answer_is_told_at_the_start(tmp_path):
    with pytest.raises(ConfigurationError) as error:
        open_store(f"postgresql+psycopg:///x?host={tmp_path}", MASTER_KEY, SystemClock(), RandomIds())
    assert error.value.code == "store-unavailable"


def test_a_closed_store_finishes_what_is_being_written_and_refuses_the_rest(open_handle):
    store = open_handle()
    begun, let_go = threading.Event(), threading.Event()

    def slow(connection: Connection) -> str:
        begun.set()
        let_go.wait(10)
        write_changes(Transaction(connection, Keyring(MASTER_KEY)), item("w"))
        return "written"

    writing_still = in_background(store._writer.run, slow)
    begun.wait(10)
    closing = in_background(store.close)
    assert is_waiting(closing)
    with pytest.raises(StorageError):
        store.intake.accept(item("late"))
    let_go.set()
    assert writing_still.result(10) == "written"
    closing.result(10)
    assert open_handle().query.message(ItemId("w")) is not None


# --- hostile and secret ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", ["a\x00b", "\udce9", "'; drop table work; --"])
def test_an_id_that_cannot_exist_is_not_found(store: Store, odd: str):
    try:
        assert store.query.message(ItemId(odd)) is None
    except GatewayError as error:
        assert error.code == "not-found"


def test_an_erased_message_is_gone_for_every_handle(open_handle):
    store, other = open_handle(), open_handle()
    store.intake.accept([new_message("m"), PutPayload(ItemId("m"), PayloadRole.SOURCE, b"secret", "text/plain")])
    assert other.query.payload(ItemId("m"), PayloadRole.SOURCE) == b"secret"
    assert store.erase(ItemId("m"))
    assert other.query.payload(ItemId("m"), PayloadRole.SOURCE) is None
    with store._engine.connect() as connection:
        assert connection.execute(select(schema.message_key)).all() == []
