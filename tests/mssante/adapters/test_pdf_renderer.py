"""The page: what was written can be read, found and archived."""

import io
import re
import unicodedata
from datetime import timedelta

import pytest
from PIL import Image
from pypdf import PdfReader

from gateway.errors import MappingError
from gateway.mapping.context import Context
from gateway.mapping.document_types.referral import to_cda
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format.glyphs import printable
from gateway.mssante.format.letter import Letter, Paragraph, Picture, Table
from gateway.mssante.format.pdf_a import check_pdf_a
from tests.mapping.letter.bundles import fixture, message_of, rich_bundle, texts_of
from tests.mssante.format.letters import AT, full, letter


def render(value: Letter) -> bytes:
    return TypstRenderer().render(value, AT)


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def packed(text: str) -> str:
    """Without spaces: lines and cells are cut where the page wants."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFC", text))


def words_of(content: bytes) -> str:
    """All pages in one, without the foot of each page, which may stand within a paragraph."""
    return packed("".join(pages(content)))


def test_the_same_letter_and_time_give_the_same_bytes() -> None:
    assert render(full()) == render(full())
    assert render(full()) != TypstRenderer().render(full(), AT + timedelta(seconds=1))


def test_a_full_letter_is_a_pdf_a() -> None:
    assert check_pdf_a(render(full())) == ()


def test_every_page_names_the_patient_and_counts() -> None:
    rows = tuple((f"{n:02d}/11/2026", f"examen {n}") for n in range(1, 90))
    found = pages(render(letter(Table(("Jour", "Examen"), rows))))
    assert len(found) > 1
    for number, page in enumerate(found, 1):
        assert packed("VALLORGE (DESTREMAU) Marceline, Née le 14/03/1952") in packed(page)
        assert f"page{number}/{len(found)}" in packed(page)
        assert "JourExamen" in packed(page)


@pytest.mark.parametrize("case", ["02-rich", "03-allergies-treatments", "08-minor", "10-composition", None])
def test_every_text_of_a_letter_is_found_on_the_page(case: str | None) -> None:
    bundle = fixture(case) if case else rich_bundle()
    written = to_cda(message_of(bundle), Context(AT, "seed", "SA52", "AMBULATOIRE")).value.letter
    content = render(written)
    found = words_of(content)
    missing = [text for text in texts_of(written) if not _stands_in(text, found)]
    assert missing == []
    assert check_pdf_a(content) == ()


def _stands_in(text: str, found: str) -> bool:
    """Whole; or, for a cell or line that a page end cuts, every word of it."""
    return packed(printable(text)) in found or all(packed(word) in found for word in printable(text).split())


HOSTILE = [
    '#import "@preview/evil:1.0.0"',
    '"))#read("/etc/passwd")//',
    "#panic()",
    "] ) } $ x^2 $ [ ( { _a_ *b* `c` <l> @r \\ // /* */ ~ -- ---",
    "\\u{41} \\n",
    "=titre",
    "- liste",
    "prix 5 € & 3 < 4 > 2 ; 10^9 ; 50 % ; #1",
    "e\u0301 n\u0303 ç Œ ﬁ ½ µ ≥",
    "a" * 300,
    "Ελληνικά Кириллица",
    "vu 😀 日本 \x00 \u202e",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_as_it_is(text: str) -> None:
    blocks = (Paragraph(text), Paragraph(text, strong=True), Table(("a", "b"), ((text, text),)))
    content = render(letter(*blocks, urgency=text, patient=text))
    assert words_of(content).count(packed(printable(text))) >= 4
    assert check_pdf_a(content) == ()


def test_text_that_is_read_from_the_right_is_there() -> None:
    content = render(letter(Paragraph("עברית ו־42 mg")))
    assert "42" in words_of(content)
    assert set("עברית") <= set(words_of(content))


@pytest.mark.parametrize(("media_type", "format_"), [("image/png", "PNG"), ("image/jpeg", "JPEG")])
def test_a_picture_has_a_page_of_its_own(media_type: str, format_: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (40, 900), "teal").save(written, format_)
    content = render(letter(Paragraph("avant"), Picture(media_type, written.getvalue(), "Radio")))
    found = pages(content)
    assert "Radio" in found[-1]
    assert len(PdfReader(io.BytesIO(content)).pages[-1].images) == 1
    assert check_pdf_a(content) == ()


def test_what_cannot_be_laid_out_is_an_error_without_words_of_the_letter() -> None:
    with pytest.raises(MappingError) as caught:
        render(letter(Picture("image/png", b"none", "secret")))
    assert caught.value.code == "letter-not-printable"
    assert "secret" not in str(caught.value)


def test_a_very_long_letter_is_still_printed() -> None:
    rows = tuple((f"{n}", f"ligne {n}", "x" * 40) for n in range(3000))
    assert check_pdf_a(render(letter(Table(("n", "a", "b"), rows)))) == ()
