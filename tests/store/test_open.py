"""Opening: new files, existing files, wrong files; closing."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from gateway.errors import ConfigurationError, StorageError
from gateway.model import ItemId
from gateway.store import Store, open_store
from tests.ports.stores import (
    IMPLEMENTATIONS,
    MAILBOX,
    MASTER_KEY,
    RandomIds,
    SystemClock,
    item,
    new_journal,
    new_message,
    sqlite_url,
)


def reopened(url: str, key: bytes = MASTER_KEY) -> Store:
    return open_store(url, key, SystemClock(), RandomIds())


@pytest.fixture(params=IMPLEMENTATIONS)
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_journal(request, tmp_path)


def test_what_was_written_is_there_after_closing_and_opening(any_url):
    with reopened(any_url) as store:
        store.intake.accept([new_message("m")])
    with reopened(any_url) as store:
        assert store.query.message(ItemId("m")) is not None


def test_the_same_new_journal_can_be_opened_by_several_at_the_same_moment(any_url):
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: reopened(any_url), range(6)))
    stores[0].intake.accept([new_message("m")])
    assert all(store.query.message(ItemId("m")) for store in stores)
    for store in stores:
        store.close()


def test_only_the_owner_may_read_the_files(url, tmp_path: Path):
    with reopened(url) as store:
        store.intake.accept([new_message("m")])
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"journal.db": 0o600, "journal.db-wal": 0o600, "journal.db-shm": 0o600}


def test_every_commit_reaches_the_disk_and_rules_are_enforced(store: Store):
    with store._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "secure_delete": 1,
    }


def test_another_master_key_is_refused(any_url):
    reopened(any_url).close()
    with pytest.raises(ConfigurationError) as error:
        reopened(any_url, b"another key, also of 256 bits ok")
    assert error.value.code == "master-key-mismatch"


def change(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def test_a_journal_of_the_first_version_is_given_the_table_that_it_has_not(any_url):
    with reopened(any_url) as store:
        store.intake.accept([new_message("m")])
    change(any_url, "DROP TABLE mailbox_lease", "UPDATE store_version SET version = 1")
    for _ in range(2):
        with reopened(any_url) as store:
            assert store.mailbox_lease.acquire(MAILBOX, 60)
            store.mailbox_lease.release(MAILBOX)
            assert store.query.message(ItemId("m")) is not None


def test_another_schema_version_is_refused(any_url):
    reopened(any_url).close()
    change(any_url, "UPDATE store_version SET version = 99")
    with pytest.raises(ConfigurationError) as error:
        reopened(any_url)
    assert error.value.code == "store-version"
    assert dict(error.value.findings[0].facts) == {"found": "99", "expected": "2"}


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "not a url",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////nowhere/at/all/journal.db",
        "sqlite:///journal.db?mode=memory",
        "mysql://localhost/journal",
        "postgresql+psycopg2://localhost/journal",
    ],
)
def test_a_database_that_is_not_supported_is_refused(wrong):
    with pytest.raises(ConfigurationError) as error:
        reopened(wrong)
    assert error.value.code == "database-not-supported"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / "journal.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(ConfigurationError) as error:
        reopened(sqlite_url(tmp_path))
    assert error.value.code == "store-unavailable"


def test_a_closed_store_refuses_to_write_and_keeps_no_worker_waiting(url):
    store, woken = reopened(url), threading.Event()
    worker = threading.Thread(target=lambda: (store.wait_for_work(20), woken.set()))
    worker.start()
    store.close()
    worker.join(5)
    assert woken.is_set()
    store.wait_for_work(20)
    with pytest.raises(StorageError):
        store.intake.accept(item("w"))
    store.close()
