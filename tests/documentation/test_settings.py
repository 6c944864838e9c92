"""The page of settings has a row for each, with its meaning and its unit."""

import pytest

from gateway.config import Settings, variable
from gateway.documentation.settings import settings_page


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_has_a_row_with_its_meaning(name: str) -> None:
    (row,) = [line for line in settings_page().splitlines() if line.startswith(f"| `{variable(name)}` |")]
    _, _, meaning, unit, default, _ = (cell.strip() for cell in row.split("|"))
    assert meaning
    assert default
    assert bool(unit) or not name.endswith(("_bytes", "_seconds"))
