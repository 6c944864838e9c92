"""What a PDF's structure tells of PDF/A-1b."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, FloatObject, NameObject, TextStringObject

from gateway.error_catalogue import CATALOGUE
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format.pdf_a import check_pdf_a
from tests.mssante.format.letters import AT, full

GOOD = TypstRenderer().render(full(), AT)


def codes(content: bytes) -> list[str]:
    return [finding.code for finding in check_pdf_a(content)]


def written(writer: PdfWriter) -> bytes:
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def copy() -> PdfWriter:
    return PdfWriter(clone_from=PdfReader(io.BytesIO(GOOD)))


def test_our_own_letter_passes() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("key", "code"), [("/Metadata", "pdf-a-not-declared"), ("/OutputIntents", "pdf-a-no-output-intent")]
)
def test_what_the_catalog_lacks_is_found(key: str, code: str) -> None:
    writer = copy()
    del writer.root_object[key]
    assert codes(written(writer)) == [code]


def test_another_part_of_the_standard_is_not_part_1() -> None:
    assert "pdf-a-not-declared" in codes(GOOD.replace(b"<pdfaid:part>1<", b"<pdfaid:part>3<"))


def test_a_font_without_its_file_is_found() -> None:
    writer = copy()
    for number in range(1, len(writer._objects) + 1):
        found = writer.get_object(number)
        if isinstance(found, DictionaryObject) and found.get("/Type") == "/FontDescriptor":
            for name in ("/FontFile2", "/FontFile3"):
                found.pop(NameObject(name), None)
    assert codes(written(writer)) == ["pdf-a-font-not-embedded"]


def test_a_standard_font_that_is_only_named_is_found() -> None:
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    assert codes(with_resource("/Font", font)) == ["pdf-a-font-not-embedded"]


def test_transparency_is_found() -> None:
    assert codes(with_resource("/ExtGState", {"/Type": "/ExtGState"}, opacity=0.5)) == ["pdf-a-transparency"]


def with_resource(kind: str, resource: dict[str, str], opacity: float | None = None) -> bytes:
    writer = copy()
    value = DictionaryObject({NameObject(key): NameObject(name) for key, name in resource.items()})
    if opacity is not None:
        value[NameObject("/ca")] = FloatObject(opacity)
    resources = writer.pages[0]["/Resources"].get_object()
    assert isinstance(resources, DictionaryObject)
    resources[NameObject(kind)] = DictionaryObject({NameObject("/X9"): value})
    return written(writer)


def test_a_script_is_found() -> None:
    writer = copy()
    action = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert('x')")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject(k): v for k, v in action.items()})
    assert "pdf-a-active-content" in codes(written(writer))


def test_a_file_inside_is_found() -> None:
    writer = copy()
    writer.add_attachment("x.txt", b"x")
    assert "pdf-a-embedded-file" in codes(written(writer))


def test_an_encrypted_file_is_only_that() -> None:
    writer = copy()
    writer.encrypt("secret", algorithm="AES-256")
    assert codes(written(writer)) == ["pdf-encrypted"]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"not a pdf", GOOD[:400], b"\x00" * 500])
def test_what_is_no_pdf_is_unreadable(content: bytes) -> None:
    assert codes(content) == ["pdf-unreadable"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(GOOD) - 40), st.binary(min_size=1, max_size=40))
def test_damage_never_raises_and_every_code_is_in_the_catalogue(place: int, damage: bytes) -> None:
    assert set(codes(GOOD[:place] + damage + GOOD[place + len(damage) :])) <= CATALOGUE.keys()
