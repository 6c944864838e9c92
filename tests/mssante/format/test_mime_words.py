from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format.mime import Part
from gateway.mssante.format.mime_words import (
    decode_bytes,
    decode_parameter,
    decode_words,
    disposition,
    encode_words,
    header,
    phrase,
)
from tests.mssante.format.examples import refusal

WRITABLE = st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), max_size=200)
FORBIDDEN = [chr(code) for code in (*range(0x20), 0x7F, 0x85, 0x9F)] + ["\ud800", "\udfff"]


@given(WRITABLE)
def test_any_header_text_comes_back_through_our_reader(text: str) -> None:
    line = header("Subject", text)

    assert decode_words(line.decode("ascii").removeprefix("Subject:")) == text
    assert line.endswith(b"\r\n")


@given(WRITABLE)
def test_any_header_text_comes_back_through_the_standard_library(text: str) -> None:
    parsed = message_from_bytes(header("Subject", text) + b"X-After: 1\r\n\r\n", policy=policy.default)

    assert parsed["Subject"] == text
    assert parsed["X-After"] == "1"


@given(WRITABLE)
def test_no_line_is_too_long_and_none_starts_a_new_header(text: str) -> None:
    first, *rest = header("Subject", text).removesuffix(b"\r\n").split(b"\r\n")

    assert first.startswith(b"Subject: ")
    assert all(line.startswith(b" ") for line in rest)
    assert all(len(line) <= 998 for line in (first, *rest))


@pytest.mark.parametrize("character", FORBIDDEN)
def test_a_control_character_or_lone_surrogate_is_refused_everywhere(character: str) -> None:
    text = f"a{character}Bcc: someone@else.example"

    assert refusal(lambda: header("Subject", text)) == "mail-header-injection"
    assert refusal(lambda: phrase(text, "From")) == "mail-header-injection"
    assert refusal(lambda: disposition(text)) == "mail-header-injection"


@given(WRITABLE)
def test_any_display_name_comes_back(text: str) -> None:
    line = header("From", "x").replace(b"x", f"{phrase(text, 'From')} <a@b.example>".encode("ascii"))
    parsed = message_from_bytes(line + b"\r\n", policy=policy.default)["From"]

    assert parsed.addresses[0].addr_spec == "a@b.example"
    # Python 3.11 leaves a space between two encoded-words of a phrase, against RFC 2047 §6.2: compared without spaces.
    assert parsed.addresses[0].display_name.replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=300))
def test_any_file_name_comes_back_through_the_standard_library(name: str) -> None:
    parsed = message_from_bytes(disposition(name) + b"\r\n", policy=policy.compat32)

    # The standard library strips what it returns, and takes <…> for quotes; our PDFs have neither.
    if name == name.strip() and name[0] != "<":
        assert parsed.get_filename() == name
    assert Part(parsed).filename == name
    assert all(len(line) <= 998 for line in disposition(name).split(b"\r\n"))


# --- reading what others write


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?r=C3=A9ponse?=", "réponse"),
        ("=?UTF-8?B?csOpcG9uc2U=?=", "réponse"),
        ("=?UTF-8?B?csOpcG9uc2U?=", "réponse"),
        ("=?iso-8859-1?Q?r=E9ponse?=", "réponse"),
        ("=?windows-1252?Q?d=92adressage?=", "d’adressage"),
        ("=?utf-8*fr?q?r=C3=A9ponse?=", "réponse"),
        ("Re: =?utf-8?q?r=C3=A9?= =?utf-8?q?ponse?= !", "Re: réponse !"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "é"),
        ("=?utf-8?q?XDM/1=2E?=\r\n =?utf-8?q?0/DDM+x?=", "XDM/1.0/DDM+x"),
        ("=?utf-8?q?a_b?= c", "a b c"),
        ("=?x-unknown?q?abc?=", "=?x-unknown?q?abc?="),
        ("=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("=?hex?q?abc?=", "=?hex?q?abc?="),
        ("=?utf-8?q?abc", "=?utf-8?q?abc"),
        ("plain", "plain"),
    ],
)
def test_encoded_words_of_others_are_read(value: str, text: str) -> None:
    assert decode_words(value) == text


@given(st.text(max_size=300))
def test_reading_never_fails(text: str) -> None:
    decode_words(text)
    decode_parameter(text)


@given(WRITABLE)
def test_each_encoded_word_is_whole_and_short(text: str) -> None:
    words = encode_words(text).split(" ")

    assert all(len(word) <= 75 for word in words)
    assert "".join(decode_words(word) for word in words) == text


@pytest.mark.parametrize("charset", ["x-none", "hex", "zip", "rot13", "punycode", "unicode_escape", "idna"])
def test_a_charset_that_is_none_is_read_as_utf_8_and_said_to_be_unsure(charset: str) -> None:
    assert decode_bytes("é".encode(), charset) == ("é", False)


def test_bytes_that_are_not_in_their_charset_are_still_shown() -> None:
    assert decode_bytes(b"\xe9", "utf-8") == ("é", False)
