"""One thread writes: commits are shared, callers fail alone, nobody is answered early."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.exc import OperationalError

from gateway.errors import ConflictError, StorageError
from gateway.store import schema
from gateway.store.database import connect, reading
from gateway.store.single_writer import MAX_BATCH, SingleWriter


@pytest.fixture
def engine(url):
    engine = connect(url)
    schema.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def writer(engine):
    writer = SingleWriter(engine)
    yield writer
    writer.close()


@pytest.fixture
def commits(engine):
    """How many jobs had run at each commit since the last look."""
    seen: list[int] = []
    event.listen(engine, "commit", lambda _: seen.append(1))
    return seen


def put(id: str):
    def job(connection):
        row = {"lane": id.encode().ljust(32), "tenant": "t", "last_seq": 1}
        connection.execute(insert(schema.lane), row)
        return id

    return job


def stored(engine) -> set[str]:
    with reading(engine) as connection:
        return {lane.decode().strip() for lane in connection.execute(select(schema.lane.c.lane)).scalars()}


class Held:
    """Keeps the writer busy until it is let go, so that jobs gather behind it."""

    def __init__(self, writer: SingleWriter) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=lambda: writer.run(self._job))
        self.thread.start()
        self.begun.wait(10)

    def _job(self, _) -> None:
        self.begun.set()
        self.let_go.wait(10)


def gather(writer: SingleWriter, pool: ThreadPoolExecutor, jobs):
    """Hand all jobs in while the writer is busy; returns their futures and the thing to let go."""
    held = Held(writer)
    futures = [pool.submit(writer.run, job) for job in jobs]
    while writer._waiting.qsize() < len(jobs):
        time.sleep(0.001)
    return held, futures


def test_a_job_is_durable_when_its_caller_is_answered(writer, engine):
    assert writer.run(put("a")) == "a"
    assert stored(engine) == {"a"}


def test_jobs_that_wait_share_one_commit(writer, engine, commits):
    with ThreadPoolExecutor(20) as pool:
        held, futures = gather(writer, pool, [put(f"j{number}") for number in range(20)])
        held.let_go.set()
        assert [future.result() for future in futures] == [f"j{number}" for number in range(20)]
    assert len(commits) == 2  # the one that held the writer, and the batch
    assert len(stored(engine)) == 20


def test_a_batch_has_its_limit(writer, commits):
    with ThreadPoolExecutor(MAX_BATCH + 10) as pool:
        held, futures = gather(writer, pool, [put(f"j{number}") for number in range(MAX_BATCH + 10)])
        held.let_go.set()
        assert all(future.result() for future in futures)
    assert len(commits) == 3


def test_nobody_is_answered_before_the_commit(writer, engine):
    futures, answered_early = [], []
    event.listen(engine, "commit", lambda _: answered_early.extend(f for f in futures if f.done()))
    with ThreadPoolExecutor(5) as pool:
        held, waiting = gather(writer, pool, [put(f"j{number}") for number in range(5)])
        futures += waiting
        held.let_go.set()
        assert all(future.result() for future in waiting)
    assert answered_early == []


def test_a_conflict_undoes_its_own_job_only(writer, engine):
    def fails_late(connection):
        put("half")(connection)
        put("a")(connection)

    with ThreadPoolExecutor(3) as pool:
        held, (first, second, third) = gather(writer, pool, [put("a"), fails_late, put("b")])
        held.let_go.set()
        assert (first.exception(), third.exception()) == (None, None)
        assert isinstance(second.exception(), ConflictError)
    assert stored(engine) == {"a", "b"}


def test_a_defect_in_a_job_reaches_its_caller_and_nobody_else(writer, engine):
    def is_wrong(connection):
        put("half")(connection)
        raise ZeroDivisionError

    with ThreadPoolExecutor(2) as pool:
        held, (first, second) = gather(writer, pool, [is_wrong, put("b")])
        held.let_go.set()
        assert isinstance(first.exception(), ZeroDivisionError)
        assert second.result() == "b"
    assert stored(engine) == {"b"}


def test_when_a_commit_fails_its_whole_batch_is_told_and_the_next_is_tried(writer, engine):
    commits = []

    def fail_second(_):
        commits.append(1)
        if len(commits) == 2:  # the first is that of the job that held the writer
            raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    event.listen(engine, "commit", fail_second)
    with ThreadPoolExecutor(2) as pool:
        held, futures = gather(writer, pool, [put("a"), put("b")])
        held.let_go.set()
        assert [type(future.exception()) for future in futures] == [StorageError, StorageError]
    assert stored(engine) == set()
    assert writer.run(put("a")) == "a"
    assert stored(engine) == {"a"}


def test_a_full_disk_is_a_clean_refusal_and_recovers(writer, engine):
    """`max_page_count` makes SQLite say what it says on a full disk."""

    def limit(pages: int):
        return lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}").scalar()

    def too_large(connection):
        row = {"id": 1, "version": 1, "key_id": "x" * 1_000_000}
        connection.execute(insert(schema.store_version), row)

    with pytest.raises(StorageError):
        writer.run(lambda connection: (limit(1)(connection), too_large(connection)))
    writer.run(limit(1_000_000))
    assert writer.run(put("a")) == "a"
    assert stored(engine) == {"a"}


def test_closing_writes_what_waits_and_refuses_what_comes_later(engine):
    writer = SingleWriter(engine)
    with ThreadPoolExecutor(5) as pool:
        held, futures = gather(writer, pool, [put(f"j{number}") for number in range(5)])
        closing = threading.Thread(target=writer.close)
        closing.start()
        held.let_go.set()
        closing.join(10)
        assert all(future.result() for future in futures)
    assert len(stored(engine)) == 5
    with pytest.raises(StorageError):
        writer.run(put("late"))
    writer.close()


def test_a_writing_session_waits_for_another_process_instead_of_failing(writer, engine, url):
    other = connect(url)
    with other.connect() as connection:
        connection = connection.execution_options(gateway_writing=True)
        put("theirs")(connection)
        waiting = ThreadPoolExecutor(1).submit(writer.run, put("ours"))
        with pytest.raises(TimeoutError):
            waiting.result(0.3)
        connection.commit()
    assert waiting.result(10) == "ours"
    other.dispose()
