from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import InputError
from gateway.mssante.format import xml
from tests.mssante.format.examples import example, names, refusal

BOMB = (
    '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]><r>&d;</r>'
)
FILE_ENTITY = '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/hostname">]><r>&f;</r>'
PARAMETER_ENTITY = '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p.dtd"> %p;]><r/>'
EXTERNAL_SUBSET = '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/r.dtd"><r/>'
BARE_DOCTYPE = "<!DOCTYPE r><r/>"
XINCLUDE = '<r xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="file:///etc/hostname" parse="text"/></r>'


@pytest.mark.parametrize("document", [BOMB, FILE_ENTITY, PARAMETER_ENTITY, EXTERNAL_SUBSET, BARE_DOCTYPE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_any_document_type_declaration_is_refused_in_any_encoding(document: str, encoding: str) -> None:
    assert refusal(lambda: xml.parse(document.encode(encoding), "cda-unreadable")) == "xml-dtd-refused"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (XINCLUDE.encode(), "xml-xinclude-refused"),
        (b"", "xml-not-well-formed"),
        (b"<r>", "xml-not-well-formed"),
        (b"<r/><r/>", "xml-not-well-formed"),
        (b"<r>&undefined;</r>", "xml-not-well-formed"),
        (b"<p:r/>", "xml-not-well-formed"),
        (b"<r a='1' a='2'/>", "xml-not-well-formed"),
        (b"<r>\x00</r>", "xml-not-well-formed"),
        (b"<r>\xff\xfe</r>", "xml-not-well-formed"),
        (b"<?xml version='1.0' encoding='utf-7'?><r/>", "xml-encoding-refused"),
        (b"<?xml version='1.0' encoding='cp037'?><r/>", "xml-encoding-refused"),
        (b"<?xml version='1.0' encoding='no-such'?><r/>", "xml-encoding-refused"),
        (b"<a>" * 200 + b"</a>" * 200, "xml-too-deep"),
        (b"<a>" * 100_000, "xml-too-deep"),
        (b"<r>" + b"<a/>" * (xml.MAX_ELEMENTS + 1) + b"</r>", "xml-too-large"),
    ],
)
def test_what_is_refused_has_its_own_code(content: bytes, code: str) -> None:
    assert refusal(lambda: xml.parse(content, "cda-unreadable")) == code


def test_a_document_over_the_size_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_BYTES", 10)

    assert refusal(lambda: xml.parse(b"<r>" + b" " * 10 + b"</r>", "cda-unreadable")) == "xml-too-large"


def test_the_callers_own_code_follows_the_reason() -> None:
    with pytest.raises(InputError) as caught:
        xml.parse(b"<r>", "xdm-metadata-unreadable")

    assert [finding.code for finding in caught.value.findings] == ["xml-not-well-formed", "xdm-metadata-unreadable"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "iso-8859-15"])
def test_accents_survive_every_encoding_that_is_read(encoding: str) -> None:
    content = f"<?xml version='1.0' encoding='{encoding}'?><r>Hélène</r>".encode(encoding)

    assert xml.parse(content, "cda-unreadable").text == "Hélène"


def test_a_text_longer_than_libxmls_default_limit_is_read() -> None:
    root = xml.parse(b"<r>" + b"A" * 11_000_000 + b"</r>", "cda-unreadable")

    assert len(root.text or "") == 11_000_000


@pytest.mark.parametrize("name", names("cda/*.xml"))
def test_serialising_is_stable_and_changes_no_content(name: str) -> None:
    root = xml.parse(example(name), "cda-unreadable")

    written = xml.serialise(root)

    again = xml.parse(written, "cda-unreadable")
    assert xml.serialise(again) == written
    assert etree.tostring(again, method="c14n") == etree.tostring(root, method="c14n")


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_fail_in_any_other_way(content: bytes) -> None:
    try:
        xml.parse(content, "cda-unreadable")
    except InputError as error:
        assert error.code.startswith("xml-")


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")))
def test_any_text_comes_back_from_a_written_document(text: str) -> None:
    root = etree.Element("r", a=text)
    root.text = text

    back = xml.parse(xml.serialise(root), "cda-unreadable")

    assert (back.text or "", back.get("a")) == (text, text)


def test_no_file_is_read_through_an_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    content = f'<!DOCTYPE r [<!ENTITY f SYSTEM "{secret.as_uri()}">]><r>&f;</r>'.encode()

    with pytest.raises(InputError) as caught:
        xml.parse(content, "cda-unreadable")

    assert "SECRET" not in str(caught.value)
