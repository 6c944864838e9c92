"""The words of each check, in French and English: what it looks at, and how to mend what it finds."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Words:
    """One row of words.tsv."""

    check: str
    fr: str
    en: str
    mend_fr: str
    mend_en: str


@cache
def all_words() -> dict[str, Words]:
    """By the name of the check."""
    with (Path(__file__).parent / "words.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
        return {row["check"]: Words(**row) for row in rows}


def words_of(check: str) -> Words:
    """The words of one check."""
    return all_words()[check]
