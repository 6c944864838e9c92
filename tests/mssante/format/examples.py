"""The fixtures of this room, by name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import InputError

ROOT = Path(__file__).parents[3] / "fixtures" / "mssante"


def example(name: str) -> bytes:
    """The bytes of `fixtures/mssante/<name>`."""
    return (ROOT / name).read_bytes()


def names(pattern: str) -> list[str]:
    """The fixtures that match, as names for `example`."""
    found = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))
    assert found, pattern
    return found


def refusal(call: Callable[[], object]) -> str:
    """The code with which `call` refuses."""
    with pytest.raises(InputError) as caught:
        call()
    return caught.value.code
