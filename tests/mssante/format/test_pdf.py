"""Whatever a text holds, it stays text."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format.letter import Paragraph, Picture, Table
from gateway.mssante.format.pdf import typst_source
from tests.mssante.format.letters import full, letter

LITERAL = re.compile(r'#let letter = json\(bytes\("((?:[^"\\]|\\.)*)"\)\)\n', re.DOTALL)
TEMPLATE = typst_source(letter())[0].partition("\n")[2]


def data_of(source: str) -> dict[str, object]:
    """The dictionary as typst would read it: string literal first, then JSON."""
    found = LITERAL.match(source)
    assert found
    return json.loads(re.sub(r"\\(.)", r"\1", found[1]))  # type: ignore[no-any-return]


HOSTILE = [
    '#import "@preview/evil:1.0.0"',
    '"))\n#read("/etc/passwd")//',
    '\\"',
    "\\",
    "] $ x $ [ _a_ *b* `c` <label> @ref // /* */",
    '{"a": 1}',
    "\\u{22}",
    "ligne\nligne",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_leave_its_literal(text: str) -> None:
    source, _ = typst_source(letter(Paragraph(text)))
    assert source[LITERAL.match(source).end() :] == TEMPLATE  # type: ignore[union-attr]
    assert data_of(source)["sections"][0]["blocks"][0]["text"] == text  # type: ignore[index]


@given(st.text(max_size=60))
def test_the_source_is_always_one_ascii_literal_before_the_template(text: str) -> None:
    source, _ = typst_source(letter(Paragraph(text), patient=text))
    literal = LITERAL.match(source)
    assert literal
    assert literal[1].isascii()
    assert source[literal.end() :] == TEMPLATE


def test_a_character_without_glyph_is_marked_and_the_mark_is_explained() -> None:
    data = data_of(typst_source(letter(Paragraph("vu 😀")))[0])
    assert data["sections"][0]["blocks"][0]["text"] == "vu [U+1F600]"  # type: ignore[index]
    assert "caractère que cette page ne peut pas imprimer" in str(data["footer"])


def test_dates_keep_their_width_and_texts_share_the_rest() -> None:
    block = Table(("Date", "Examen", "Résultat"), (("13/11/2026", "Hémoglobine glyquée du patient", "x" * 200),))
    data = data_of(typst_source(letter(block))[0])
    assert data["sections"][0]["blocks"][0]["columns"] == ["auto", "30", "90"]  # type: ignore[index]


def test_pictures_are_files_beside_the_source() -> None:
    pictures = (Picture("image/png", b"1", "a"), Picture("image/jpeg", b"2", "b"))
    assert typst_source(letter(*pictures))[1] == {"picture-0.png": b"1", "picture-1.jpg": b"2"}


def test_the_same_letter_gives_the_same_source() -> None:
    assert typst_source(full()) == typst_source(full())
