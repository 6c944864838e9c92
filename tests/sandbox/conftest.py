from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sandbox.operator import Operator


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    with Operator.start(tmp_path / "operator", max_mail_bytes=200_000) as running:
        yield running
