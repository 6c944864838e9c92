"""The printed page of settings is the one that the code makes."""

from pathlib import Path

import pytest

from gateway.config import Settings, variable
from gateway.settings_page import settings_page

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def test_the_page_in_docs_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == settings_page()


@pytest.mark.parametrize("name", Settings.model_fields)
def test_each_setting_has_a_row_with_its_meaning(name: str) -> None:
    (row,) = [line for line in settings_page().splitlines() if f"`{variable(name)}`" in line]
    _, _, meaning, unit, default, _ = row.split(" | ") if row.count(" | ") == 5 else row.split("|")
    assert meaning.strip()
    assert default.strip()
    assert bool(unit.strip()) or not name.endswith(("_bytes", "_seconds"))
