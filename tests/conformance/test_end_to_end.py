"""The suite against the demonstration: the right gateway passes, and wrong ones are caught.

Short: a part of the checks, and two wrong processes. All of it is `python -m conformance selftest`.
"""

from collections.abc import Iterator

import pytest

from conformance.run import Run, choose, run
from conformance.target import Target
from conformance.wrong import WRONGS, Kind, Wrong
from conformance.wrong.processes import RIGHT, started
from conformance.wrong.proxies import proxied

LOOKS_AND_ONE_OF_EACH = (
    "access", "refusal", "answer", "mail", "xdm", "cda", "loss", "task", "timeline", "duplicate-same",
    "receipt-error-older", "reply-by-order", "reply-metadata-differs", "reply-words-move-nothing",
)  # fmt: skip
PROXIES = [wrong for wrong in WRONGS if wrong.kind is Kind.PROXY]
PROCESSES = [wrong for wrong in WRONGS if wrong.name in ("wrong-hash", "answers-absence")]


@pytest.fixture(scope="module")
def right() -> Iterator[Target]:
    with started(RIGHT) as target:
        yield target


def _told(done: Run) -> dict[str, str]:
    return {result.check: f"{result.word} {result.where} {result.reason}".strip() for result in done.results}


def test_the_right_gateway_passes(right: Target) -> None:
    done = run(right, choose(LOOKS_AND_ONE_OF_EACH))
    assert {check: told for check, told in _told(done).items() if told != "pass"} == {}
    assert done.conforms


@pytest.mark.parametrize("wrong", PROXIES, ids=lambda wrong: wrong.name)
def test_a_gateway_behind_a_wrong_proxy_is_caught(right: Target, wrong: Wrong) -> None:
    with proxied(right, wrong.name) as target:
        done = run(target, choose([wrong.caught_by]))
    assert done.results[0].word == "fail"


@pytest.mark.parametrize("wrong", PROCESSES, ids=lambda wrong: wrong.name)
def test_a_wrong_gateway_is_caught(wrong: Wrong) -> None:
    with started(wrong.name) as target:
        done = run(target, choose([wrong.caught_by]))
    assert done.results[0].word == "fail"
