"""Every code that this room can give is a row of the catalogue, with its facts filled by whoever gives it."""

import re
from pathlib import Path
from string import Formatter

import pytest

import gateway.mssante.format
from gateway.error_catalogue import CATALOGUE

SOURCES = sorted(Path(gateway.mssante.format.__path__[0]).glob("*.py"))
CODE = re.compile(r'"((?:xml|cda|xds|xdm|zip|mail)-[a-z0-9-]+)"')
USED = {code for source in SOURCES for code in CODE.findall(source.read_text("utf-8"))}


@pytest.mark.parametrize("code", sorted(USED))
def test_the_code_is_in_the_catalogue(code: str) -> None:
    assert code in CATALOGUE


@pytest.mark.parametrize("code", sorted(USED & set(CATALOGUE)))
def test_both_languages_ask_for_the_same_facts(code: str) -> None:
    entry = CATALOGUE[code]

    def facts(*sentences: str) -> set[str]:
        return {name for sentence in sentences for _, name, _, _ in Formatter().parse(sentence) if name}

    assert facts(entry.fr, entry.fix_fr) == facts(entry.en, entry.fix_en)


def test_the_codes_were_found_at_all() -> None:
    assert len(USED) > 60
