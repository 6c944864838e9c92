from collections.abc import Iterator

import pytest

from tests.flows.bench import Bench, running_bench
from tests.peers.operators import short_folder


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One gateway for all tests of a file; each test sends messages of its own."""
    with short_folder() as folder, running_bench(folder) as running:
        yield running
