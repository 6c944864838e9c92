"""`docs/mapping/*.md`: each element of the fixtures with its place in the CDA, its outcome and its rule.

The maps are run; outcome and rule are the ledger's, places are found by change (`changes.py`).
"""

from collections.abc import Iterable
from functools import cache, partial
from itertools import groupby
from pathlib import Path

from gateway.documentation.ans_validation import CONTEXT
from gateway.documentation.changes import Map, Row, rows
from gateway.documentation.markdown import code, table
from gateway.errors import MappingError
from gateway.fhir.format.bundle import Message, index_message, read_message
from gateway.mapping.document_types import any_document, document_writing, referral
from gateway.mapping.entries.table import ENTRY_PARTS
from gateway.mssante.format import cda

FIXTURES = Path(__file__).parents[2] / "fixtures"
_HEAD = """# {title}

{about}

Made by `make docs`: the maps are run over the fixtures; outcome and rule are what their ledger says of each leaf, and a
place in the CDA is where the document changes when the leaf is changed. Paths are without indices; those in entries
start with `entry/`; `…` stands for several places below one. An element that the fixtures do not hold is not here.
Outcomes:

- `structured`: in its coded place in the CDA, and it comes back equal;
- `narrative`: in words, in the letter{words};
- `attached`: the attachment itself; `withheld`: on purpose, by the rule named.

What is `structural` is [listed apart](structural.md). A structured row without a place: its value is what the document
implies, and another one would be told in words or refused.

"""
_LEVEL_3_WORDS = ", and in the narrative of its section"
_ENTRIES = """# Entries of level 3

One part writes and reads one kind of clinical statement. It is recognised by any of its templateIds; a resource that
the part cannot say in code stays in words. Made by `make docs` from `gateway/mapping/entries/table.py`.

"""


def level_1_page() -> str:
    """`referral-request` as a letter of level 1."""
    about = "The message `referral-request` and its CDA of level 1: a structured header, the letter as PDF."
    return _page("Referral, level 1", about, "", _referrals(), _referral_to(referral.LEVEL_1))


def level_3_page() -> str:
    """The same with a structured body."""
    about = "The message `referral-request` and its CDA of level 3: a structured header, words with entries."
    return _page("Referral, level 3", about, _LEVEL_3_WORDS, _referrals(), _referral_to(referral.LEVEL_3))


def any_document_page() -> str:
    """FHIR documents, made of the CDA documents of others."""
    about = "A FHIR document of any type that French metadata can announce, and its CDA of level 3."
    return _page("Any document", about, _LEVEL_3_WORDS, _documents(), _document_to_cda)


def entries_page() -> str:
    """The parts, in the order in which they are tried."""
    listed = [
        (part.name, ", ".join(map(code, part.resources)), "\n".join(map(code, part.templates))) for part in ENTRY_PARTS
    ]
    return _ENTRIES + table(("part", "FHIR", "templateId"), listed)


def _referral_to(form: str) -> Map:
    return partial(referral.to_cda, context=CONTEXT, form=form)


_document_to_cda: Map = partial(document_writing.to_cda, context=CONTEXT, form=referral.LEVEL_3)


@cache
def _referrals() -> tuple[Message, ...]:
    return tuple(read_message(path.read_bytes()) for path in sorted(FIXTURES.glob("referral-request/*/input.json")))


def _documents() -> Iterable[Message]:
    """Those of the fixtures that can be written again: the others are of types that nothing announces."""
    for path in sorted(FIXTURES.glob("mssante/cda/*.xml")):
        message = index_message(any_document.to_fhir(cda.read(path.read_bytes()), CONTEXT).value)
        try:
            _document_to_cda(message)
        except MappingError:
            continue
        yield message


def _page(title: str, about: str, words: str, messages: Iterable[Message], to_cda: Map) -> str:
    found = [row for row in rows(tuple(messages), to_cda) if row.outcome != "structural"]
    parts = [_HEAD.format(title=title, about=about, words=words)]
    for resource, group in groupby(found, lambda row: row.resource):
        head = ("element", "place in the CDA", "outcome", "rule")
        parts.append(f"## {resource}\n\n{table(head, map(_cells, group))}\n")
    return "".join(parts).rstrip("\n") + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    return code(row.element), "\n".join(map(code, row.places)), row.outcome, code(row.rule)
