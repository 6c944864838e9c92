"""What a check can end with: each ending is a class that knows its word.

A check that returns has passed. "The target breaks a rule" and "the suite could not look" are different classes, so
that a report stays honest.
"""

from typing import ClassVar


class Verdict(Exception):
    """How a check ended, otherwise than by passing."""

    word: ClassVar[str]


class Failed(Verdict):
    """The target breaks an obligation, at one place."""

    word = "fail"

    def __init__(self, where: str, expected: object, found: object) -> None:
        super().__init__(f"{where}: expected {expected}, found {found}")
        self.where, self.expected, self.found = where, str(expected), str(found)


class Skipped(Verdict):
    """The check does not apply to this target, or what it needs never came about."""

    word = "skip"


class Broken(Verdict):
    """The suite or its surroundings failed: nothing is said of the target."""

    word = "error"


def expect(condition: bool, where: str, expected: object, found: object) -> None:
    """Raise Failed unless the condition holds."""
    if not condition:
        raise Failed(where, expected, found)


def expect_equal(where: str, expected: object, found: object) -> None:
    """Raise Failed unless both are equal."""
    expect(expected == found, where, expected, found)
