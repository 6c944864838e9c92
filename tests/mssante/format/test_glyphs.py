"""What can be drawn is drawn; what cannot is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mssante.format.glyphs import has_marker, printable


@pytest.mark.parametrize(
    "text",
    ["Œdème à l'épaule, 3\u202f450 mg, ≥ 5 µg/m², 10⁹/L, « oui »", "Ελληνικά", "Кириллица", "עברית", "→ ✓ ½ ‰ ♀"],
)
def test_what_our_fonts_hold_passes_untouched(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("😀", "[U+1F600]"),
        ("日本", "[U+65E5][U+672C]"),
        ("a\x00b\x07", "a[U+0000]b[U+0007]"),
        ("zéro\u202eégnaro", "zéro[U+202E]égnaro"),
        ("privé \ue000", "privé [U+E000]"),
        ("e\u0301", "é"),
        ("mil\u00adli\u200bgramme", "milligramme"),
        ("a\tb\r\nc", "a b\nc"),
    ],
)
def test_what_they_do_not_hold_is_given_by_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(blacklist_categories=("Cs",))))
def test_making_printable_twice_changes_nothing(text: str) -> None:
    once = printable(text)
    assert printable(once) == once


@given(st.text("0123456789,. abcé", max_size=40))
def test_digits_and_letters_never_change(text: str) -> None:
    assert printable(text) == text
    assert not has_marker(text)
