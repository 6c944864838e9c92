"""A directory of one's own."""

from pathlib import Path

import pytest

from tests.registry.extracts import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)
