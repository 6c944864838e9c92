"""The strict reading and the exact writing of JSON."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.fhir.format.reading import MAX_DEPTH, MAX_VALUES, parse_json, write_json


def codes_of(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        parse_json(content)
    return [(finding.code, finding.path) for finding in caught.value.findings]


@pytest.mark.parametrize("number", ["1.10", "1.100", "0.0", "-0.50", "12345678901234567.89", "1E-7", "100"])
def test_a_number_keeps_its_digits(number: str) -> None:
    assert write_json(parse_json(b'{"value":%s}' % number.encode())) == b'{"value":%s}' % number.encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Bonjour",
        b"[]",
        b'"Bundle"',
        b"null",
        b"{",
        b'{"a":1}{"b":2}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":' + b"1" * 41 + b"}",
        b'{"a":1e999999999}',
        b'{"a":01}',
        b'{"a":"line\nbreak"}',
        '{"a":"é"}'.encode("latin-1"),
        '{"a":1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xc0\x80"}',
    ],
)
def test_what_is_not_a_json_object_in_utf8_is_refused(content: bytes) -> None:
    assert codes_of(content) == [("not-json", "")]


def test_half_a_surrogate_pair_is_refused_with_its_path() -> None:
    content = b'{"resourceType":"Patient","name":[{"family":"\\ud83d"}]}'
    assert codes_of(content) == [("not-json", "Patient.name[0].family")]
    assert parse_json(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_every_member_given_twice_is_named() -> None:
    content = b'{"resourceType":"Task","status":"draft","status":"ready","note":[{"text":"a","text":"b"}]}'
    assert codes_of(content) == [("json-duplicate-key", "Task.status"), ("json-duplicate-key", "Task.note[0].text")]


def test_a_name_that_could_hold_a_person_is_not_repeated() -> None:
    content = b'{"resourceType":"Patient","DUPONT Jeanne":1,"DUPONT Jeanne":2}'
    assert codes_of(content) == [("json-duplicate-key", "Patient.?")]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 500, 100_000])
def test_too_deep_a_nesting_is_refused(depth: int) -> None:
    assert codes_of(b'{"a":' + b"[" * depth + b"]" * depth + b"}")[0][0] == "json-too-deep"


def test_the_deepest_allowed_nesting_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert parse_json(b'{"a":' + b"[" * depth + b"]" * depth + b"}")


def test_too_many_values_are_refused() -> None:
    assert codes_of(b'{"a":[' + b"1," * MAX_VALUES + b"1]}") == [("json-too-many-values", "")]


characters = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r"
)
texts = st.text(characters)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
scalars = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | decimals | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(texts, values))
def test_what_is_written_is_read_back_digit_by_digit(value: dict[str, object]) -> None:
    again = parse_json(write_json(value))  # type: ignore[arg-type]
    assert again == value
    assert write_json(again) == write_json(value)  # type: ignore[arg-type]


def test_writing_is_compact_in_order_and_unescaped() -> None:
    value = {"b": [1, True, None, {}], "a": {"é": '«"\\\n', "d": Decimal("2.50")}}
    assert write_json(value).decode() == '{"b":[1,true,null,{}],"a":{"é":"«\\"\\\\\\n","d":2.50}}'


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        parse_json(content)
    except InputError as error:
        assert error.findings


@pytest.mark.parametrize("escape", ["\\u0001", "\\b", "\\f", "\\u001f", "\\u0000", "\\uffff", "\\ufffe"])
def test_a_control_character_is_refused_with_its_path(escape: str) -> None:
    content = b'{"resourceType": "Patient", "name": [{"family": "A%sB"}]}' % escape.encode()

    with pytest.raises(InputError) as refusal:
        parse_json(content)

    assert [(f.code, f.path) for f in refusal.value.findings] == [("control-character", "Patient.name[0].family")]


@pytest.mark.parametrize("raw", ["\ufffe", "\uffff"])
def test_what_is_no_character_is_refused_unescaped_too(raw: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_json(f'{{"resourceType": "Patient", "id": "{raw}"}}'.encode())

    assert refusal.value.code == "control-character"


def test_tabs_and_line_ends_are_kept() -> None:
    assert parse_json(b'{"text": "a\\tb\\nc\\r"}')["text"] == "a\tb\nc\r"
