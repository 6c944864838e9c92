"""A narrative keeps its words and loses its power."""

import pytest

from gateway.mapping.letter.narrative import narrative_blocks, narrative_text
from gateway.mssante.format.letter import Bullets, Paragraph, Table

XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


def blocks(inner: str) -> tuple[object, ...]:
    return narrative_blocks(XHTML.format(inner))


def test_text_lists_and_tables_become_blocks_in_order() -> None:
    assert blocks("Avant<p>Un <b>mot</b>.</p><ul><li>a</li><li>b</li></ul>après") == (
        Paragraph("Avant"),
        Paragraph("Un mot."),
        Bullets(("a", "b")),
        Paragraph("après"),
    )


def test_a_table_has_as_many_cells_in_each_row() -> None:
    found = blocks("<table><tr><th>A</th><th>B</th></tr><tr><td>1</td></tr></table>")
    assert found == (Table(("A", "B"), (("1", ""),)),)


def test_line_breaks_are_kept_and_other_spaces_are_not() -> None:
    assert blocks("<p>un\n   deux<br/>trois</p>") == (Paragraph("un deux\ntrois"),)


@pytest.mark.parametrize(
    "hostile",
    [
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><div>&x;visible</div>',
        "<div>visible<script>alert(1)</script><style>p{}</style></div>",
        "<div><p>visible",
        "visible",
        "<div>visible<!-- caché --><?php x ?></div>",
    ],
)
def test_hostile_markup_leaves_only_its_words(hostile: str) -> None:
    assert narrative_text(hostile) == "visible"


def test_an_image_is_told_by_its_alternative_text() -> None:
    assert narrative_text(XHTML.format('<p>voir <img src="#x" alt="schéma du pied"/></p>')) == "voir schéma du pied"


def test_deep_nesting_does_not_break_us() -> None:
    for levels in (300, 5000):
        assert "fond" in narrative_text("<div>" * levels + "fond" + "</div>" * levels)
