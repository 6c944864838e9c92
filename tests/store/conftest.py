"""The store as it is deployed by default: one SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store import Store, open_store
from tests.ports.stores import MASTER_KEY, RandomIds, SteppingClock, sqlite_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url, MASTER_KEY, SteppingClock(), RandomIds()) as opened:
        yield opened
