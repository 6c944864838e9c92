"""Fixtures of the contract suites: every suite of the journal runs once per engine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.store import Store
from tests.ports.stores import IMPLEMENTATIONS, SteppingClock, new_journal, opened


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=IMPLEMENTATIONS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new journal."""
    return new_journal(request, tmp_path)


@pytest.fixture
def open_handle(url: str, clock: SteppingClock) -> Iterator[Callable[[], Store]]:
    """Opens one more handle on the same journal; all are closed at the end."""
    with ExitStack() as handles:
        yield lambda: handles.enter_context(opened(url, clock))


@pytest.fixture
def store(open_handle: Callable[[], Store]) -> Store:
    return open_handle()
