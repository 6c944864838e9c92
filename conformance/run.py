"""One run: every check against one target, each with its verdict, its evidence and its time."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from conformance.checks import CHECKS, Check
from conformance.requirements import Requirement, is_essential, of_check
from conformance.target import Target
from conformance.trace import Evidence
from conformance.verdicts import Broken, Failed, Verdict
from conformance.world import World

PASS = "pass"
WORDS = (PASS, Failed.word, "skip", Broken.word)


@dataclass(frozen=True, slots=True)
class Result:
    """How one check ended."""

    check: str
    word: str
    seconds: float
    evidence: tuple[Evidence, ...] = ()
    where: str = ""
    expected: str = ""
    found: str = ""
    reason: str = ""
    """Why it was skipped, or what broke."""

    @property
    def essential(self) -> bool:
        """Whether a SHALL hangs on it."""
        return is_essential(self.check)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        return of_check(self.check)

    @property
    def is_bad(self) -> bool:
        """Whether it keeps the target from conforming, or the run from saying so."""
        return self.word == Broken.word or (self.word == Failed.word and self.essential)


@dataclass(frozen=True, slots=True)
class Run:
    """All results."""

    target: Target
    began_at: datetime
    results: tuple[Result, ...]

    def count(self, word: str) -> int:
        return sum(result.word == word for result in self.results)

    @property
    def is_complete(self) -> bool:
        """Whether every check was run: what a part of them says is no verdict on the target."""
        return len(self.results) == len(CHECKS)

    @property
    def conforms(self) -> bool:
        return not any(result.is_bad for result in self.results)


def choose(names: Iterable[str]) -> tuple[Check, ...]:
    """The checks of these names or beginnings of names; all of them where none is given."""
    wanted = tuple(names)
    return tuple(check for check in CHECKS if not wanted or check.name.startswith(wanted))


def run(target: Target, checks: tuple[Check, ...] = CHECKS, tell: Callable[[Result], None] = lambda _: None) -> Run:
    """Run the checks one after the other. Raises Broken where the operator cannot be reached."""
    began_at, results = datetime.now(UTC), []
    world = World(target)
    try:
        for check in checks:
            results.append(_result(check, world))
            tell(results[-1])
    finally:
        world.close()
    return Run(target, began_at, tuple(results))


def _result(check: Check, world: World) -> Result:
    began = monotonic()
    world.trace.take()
    word, told = _verdict(check, world)
    return Result(check.name, word, monotonic() - began, world.trace.take(), **told)


def _verdict(check: Check, world: World) -> tuple[str, dict[str, str]]:
    try:
        check.run(world)
    except Failed as failure:
        return failure.word, {"where": failure.where, "expected": failure.expected, "found": failure.found}
    except Verdict as verdict:
        return verdict.word, {"reason": str(verdict)}
    except Exception as error:  # a defect of the suite must not be laid at the target's door, nor end the run
        at = traceback.extract_tb(error.__traceback__)[-1]
        return Broken.word, {
            "reason": f"{type(error).__name__}: {error} ({at.filename.rpartition('/')[2]}:{at.lineno})"
        }
    return PASS, {}
