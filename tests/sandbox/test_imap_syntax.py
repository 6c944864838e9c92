import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.imap_syntax import Bad, Command, Literal, announced_literal, parse_command, parse_set, tag_of


def test_a_command_has_tag_name_and_arguments() -> None:
    assert parse_command([b"a1 uid fetch 1:* (FLAGS BODY.PEEK[])"]) == Command(
        "a1", "UID FETCH", ("1:*", ("FLAGS", "BODY.PEEK[]"))
    )


def test_quoted_strings_and_literals_are_bytes() -> None:
    assert parse_command([b'a LOGIN "o\\"d\\\\d" ', b'raw "()', b""]).arguments == (b'o"d\\d', b'raw "()')


def test_a_literal_is_announced_at_the_end_of_a_line() -> None:
    assert announced_literal(b"a APPEND INBOX {12}") == (b"a APPEND INBOX ", Literal(12, waits=True))
    assert announced_literal(b"a APPEND INBOX {12+}") == (b"a APPEND INBOX ", Literal(12, waits=False))
    assert announced_literal(b"a NOOP {12} ") == (b"a NOOP {12} ", None)


def test_sets_are_ranges_and_star_is_the_highest() -> None:
    assert parse_set("2,4:6,9:*", 7) == [range(2, 3), range(4, 7), range(7, 10)]


@pytest.mark.parametrize("text", ["", "0", "a", "1,,2", "1:2:3", "-1", "1.5", "١", "1:", "99999999999"])
def test_malformed_sets_are_bad(text: str) -> None:
    with pytest.raises(Bad):
        parse_set(text, 5)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5).filter(lambda pieces: len(pieces) % 2 == 1))
def test_any_bytes_are_a_command_or_bad(pieces: list[bytes]) -> None:
    tag_of(pieces)
    try:
        command = parse_command(pieces)
    except Bad:
        return
    assert command.tag and command.name


WORDS = st.text(st.sampled_from("abcXYZ019.$:*,+-\\"), min_size=1, max_size=8)
TOKENS = st.recursive(WORDS, lambda inner: st.lists(inner, max_size=4).map(tuple), max_leaves=8)


def written(token: object) -> bytes:
    return b"(" + b" ".join(map(written, token)) + b")" if isinstance(token, tuple) else str(token).encode()


@given(st.lists(TOKENS, max_size=4))
def test_what_is_written_is_read(tokens: list[object]) -> None:
    line = b" ".join([b"t", b"NAME", *map(written, tokens)])
    assert parse_command([line]) == Command("t", "NAME", tuple(tokens))
