"""A run in a terminal: one line per check as it ends, then what is to be mended."""

import sys
from collections.abc import Callable
from typing import TextIO

from conformance.checks import CHECKS
from conformance.run import WORDS, Result, Run
from conformance.words import words_of

_COLOURS = {"pass": "32", "fail": "31", "skip": "33", "error": "35"}
_WIDTH = 30


def teller(total: int, language: str, out: TextIO = sys.stdout) -> Callable[[Result], None]:
    """What to call after each check."""
    told = 0

    def tell(result: Result) -> None:
        nonlocal told
        told += 1
        title = words_of(result.check).fr if language == "fr" else words_of(result.check).en
        word = _coloured(f"{result.word:5}", result.word, out)
        print(
            f"[{told:3}/{total}] {word} {result.check:{_WIDTH}} {title} ({result.seconds:.1f} s)", file=out, flush=True
        )

    return tell


def summary(run: Run, language: str) -> str:
    """What is to be mended, then the counts; the last line says whether the target conforms."""
    lines = [line for result in run.results if result.word != "pass" for line in _told(result, language)]
    part = "" if run.is_complete else f" ({len(run.results)}/{len(CHECKS)})"
    counts = ", ".join(f"{run.count(word)} {word}" for word in WORDS) + part
    return "\n".join([*lines, "", counts, _verdict(run, language)])


def _told(result: Result, language: str) -> list[str]:
    rows = " ".join(row.id for row in result.requirements)
    lines = ["", f"{result.word}  {result.check}  [{rows}]"]
    if not result.where:
        return [*lines, f"  {result.reason}"]
    expected, found, mend = _LABELS[language]
    words = words_of(result.check)
    advice = words.mend_fr if language == "fr" else words.mend_en
    return [
        *lines,
        f"  {result.where}",
        f"  {expected} {result.expected}",
        f"  {found} {result.found}",
        f"  {mend} {advice}",
    ]


_LABELS = {
    "fr": ("attendu  ", "trouvé   ", "corriger "),
    "en": ("expected ", "found    ", "mend     "),
}


def _verdict(run: Run, language: str) -> str:
    words = {
        ("fr", True): "CONFORME pour ce qui est vérifié",
        ("fr", False): "NON CONFORME, ou non établi",
        ("en", True): "CONFORMS in what is checked",
        ("en", False): "DOES NOT CONFORM, or not established",
    }
    return f"{words[language, run.conforms]} : {run.target.name}"


def _coloured(text: str, word: str, out: TextIO) -> str:
    return f"\x1b[{_COLOURS[word]}m{text}\x1b[0m" if out.isatty() else text
