"""Fixtures of the contract suites: every suite runs once per implementation."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.store import Store
from tests.ports.stores import IMPLEMENTATIONS, SteppingClock


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(params=IMPLEMENTATIONS)
def open_handle(request: pytest.FixtureRequest, tmp_path: Path, clock: SteppingClock) -> Iterator[Callable[[], Store]]:
    """Opens one more handle on the same journal; all are closed at the end."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(IMPLEMENTATIONS[request.param](tmp_path, clock))


@pytest.fixture
def store(open_handle: Callable[[], Store]) -> Store:
    return open_handle()
