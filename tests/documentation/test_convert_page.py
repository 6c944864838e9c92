"""The table of `docs/convert.md` says what `convert` does."""

from datetime import UTC, datetime

import pytest

from gateway.errors import InputError
from gateway.mapping.context import Context
from gateway.mapping.convert import convert
from gateway.mapping.kinds import Kind, kind_of
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from tests.source import ROOT

LINES = [x for x in (ROOT / "docs" / "convert.md").read_text("utf-8").splitlines() if x.startswith("| ")]
HEAD, *ROWS = ([cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in LINES)
CELLS = [(row[0], target, said) for row in ROWS for target, said in zip(HEAD[1:], row[1:], strict=True)]
CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "convert")
PLAIN = (ROOT / "fixtures" / "referral-request" / "01-plain" / "input.json").read_bytes()


def source(kind: str) -> bytes:
    if kind == Kind.FHIR_MESSAGE:
        return PLAIN
    return convert(PLAIN, Kind(kind), CONTEXT, TypstRenderer().render).contents[0]


@pytest.mark.parametrize(("given", "target", "said"), CELLS)
def test_a_cell_says_what_convert_does(given: str, target: str, said: str) -> None:
    if said == "–":
        with pytest.raises(InputError) as error:
            convert(source(given), Kind(target), CONTEXT, TypstRenderer().render)
        assert error.value.code == "unsupported-conversion"
    else:
        (made,) = convert(source(given), Kind(target), CONTEXT, TypstRenderer().render).contents
        assert kind_of(made) is Kind(target)


def test_the_table_is_whole() -> None:
    assert [row[0] for row in ROWS] == ["fhir-message", "cda", "xdm", "mail"]
    assert len(CELLS) == 28
