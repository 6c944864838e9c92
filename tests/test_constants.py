"""Each standard's names live in one module of its own room; a pair of two worlds lives in a table. Nowhere else."""

import re

import pytest

from tests.source import PACKAGE, modules, within

HOMES = ["gateway.fhir.format.systems", "gateway.mssante.format.oids"]
"""Beside them only the `.tsv` tables."""
SYNTAXES = ("http://www.w3.org/", "http://purl.oclc.org/dsdl/", "https://json-schema.org/")
"""Names of XML, XHTML, schematron, JSON Schema: how something is written, not what it says."""
LOOPBACK = ("http://127.0.0.1", "http://127\\.0\\.0\\.1")
OID = re.compile(r"(?<![\w.])[0-2](\.\d+){4,}(?![\w.])")
URL = re.compile(r"https?://[^\s\"'}<>]+")
# An OID of the arc that anybody may draw from: it names the made-up CPTS and no system.
MADE_UP = "2.25."


def names_in(text: str) -> list[str]:
    """The OIDs and system URLs of a string."""
    oids = [found[0] for found in OID.finditer(text) if not found[0].startswith(MADE_UP)]
    return oids + [url for url in URL.findall(text) if not url.startswith(SYNTAXES + LOOPBACK)]


def test_no_oid_and_no_system_url_outside_the_constants_modules() -> None:
    strays = [
        f"{module.name}:{line}: {name}"
        for module in modules()
        if not within(module.name, HOMES)
        for line, text in module.strings
        for name in names_in(text)
    ]
    assert strays == []


@pytest.mark.parametrize("home", HOMES)
def test_a_constants_module_holds_constants(home: str) -> None:
    (module,) = [module for module in modules() if module.name == home]
    assert any(names_in(text) for _, text in module.strings)


@pytest.mark.parametrize(
    "text", ["urn:oid:1.2.250.1.71.4.2.1", "http://loinc.org", "{https://hl7.fr/ig/fhir/core}x", "1.2.250.1.213.1.4.10"]
)
def test_a_name_is_seen(text: str) -> None:
    assert names_in(text)


@pytest.mark.parametrize("text", ["4.0.1", "127.0.0.1", "1.3.0", "{http://www.w3.org/1999/xhtml}div", "2026.11.20"])
def test_what_is_no_name_is_not_seen(text: str) -> None:
    assert not names_in(text)


def test_every_table_says_where_it_comes_from_or_is_our_own() -> None:
    """Our own words (sentences, labels, rules of ours) have no source; tables of a standard name theirs."""
    own = {"error_catalogue.tsv", "trace.tsv"}
    silent = [
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.tsv")
        if path.name not in own and not any(x.startswith("#") for x in path.read_text("utf-8").splitlines())
    ]
    assert silent == []
