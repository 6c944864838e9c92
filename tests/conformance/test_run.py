"""A run: each ending has its word, and nothing that a check does ends the run."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from conformance import run as running
from conformance.checks import Check
from conformance.run import Run, choose
from conformance.trace import Trace
from conformance.verdicts import Broken, Failed, Skipped

SHALL, SHOULD = "answer-ok", "refusal-language"


class _World:
    """A world without a target."""

    def __init__(self, _target: object) -> None:
        self.trace = Trace()
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "World", _World)


def _run(*endings: tuple[str, BaseException | None]) -> Run:
    def check(name: str, ending: BaseException | None) -> Check:
        def does(world: Any) -> None:
            world.trace.sent("something", name.encode(), "txt")
            if ending:
                raise ending

        return Check(name, does)

    target: Any = SimpleNamespace(name="t")
    return running.run(target, tuple(check(name, ending) for name, ending in endings))


@pytest.mark.parametrize(
    ("ending", "word", "conforms"),
    [
        (None, "pass", True),
        (Failed("here", 1, 2), "fail", False),
        (Skipped("not for this target"), "skip", True),
        (Broken("the operator is away"), "error", False),
        (KeyError("resource"), "error", False),
    ],
)
def test_each_ending_has_its_word(ending: BaseException | None, word: str, conforms: bool) -> None:
    done = _run((SHALL, ending))
    assert [result.word for result in done.results] == [word]
    assert done.conforms is conforms


def test_a_failed_recommendation_does_not_keep_a_target_from_conforming() -> None:
    done = _run((SHOULD, Failed("here", 1, 2)))
    assert done.conforms
    assert not done.results[0].essential


def test_a_check_that_breaks_does_not_end_the_run() -> None:
    done = _run((SHALL, ZeroDivisionError("x")), ("mail-body", None))
    assert [result.word for result in done.results] == ["error", "pass"]
    assert "ZeroDivisionError" in done.results[0].reason
    assert "test_run.py" in done.results[0].reason


def test_each_check_keeps_its_own_evidence() -> None:
    done = _run((SHALL, None), ("mail-body", Failed("here", 1, 2)))
    assert [[e.content for e in result.evidence] for result in done.results] == [[b"answer-ok"], [b"mail-body"]]


def test_checks_are_chosen_by_the_beginning_of_their_names() -> None:
    assert {check.name.partition("-")[0] for check in choose(["mail", "xdm-hash"])} == {"mail", "xdm"}
    assert [check.name for check in choose(["xdm-hash"])] == ["xdm-hash"]
    assert choose(["nothing-of-that-name"]) == ()


def test_a_run_counts_each_word() -> None:
    done = Run(SimpleNamespace(name="t"), datetime.now(UTC), _run((SHALL, None), (SHOULD, None)).results)  # type: ignore[arg-type]
    assert (done.count("pass"), done.count("fail")) == (2, 0)
