"""Waiting for what another thread or server will have done soon."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SECONDS = 30.0


def patiently(ask: Callable[[], T], is_good: Callable[[T], bool], seconds: float = SECONDS) -> T:
    """The first good answer. AssertionError with the last one at the timeout."""
    until = time.monotonic() + seconds
    while not is_good(answer := ask()):
        assert time.monotonic() < until, f"still {answer!r}"
        time.sleep(0.05)
    return answer
