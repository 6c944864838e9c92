"""The script that judges every converter: what it finds, and what it must not find."""

import json

import pytest
from lxml import etree

from benchmarks.survival import facts_of, survival

SOURCE = """<ClinicalDocument xmlns="urn:hl7-org:v3">
  <templateId extension="2021"/><id root="1.2.3" extension="DOC-1"/><code code="11488-4"/>
  <effectiveTime value="20261120093000+0100"/><effectiveTime><low value="2018"/></effectiveTime>
  <component><section><text>Douleur <content ID="x1">thoracique</content> le soir</text>
    <entry><observation><code code="X"/><value value="37.5" unit="Cel"/></observation></entry></section></component>
</ClinicalDocument>"""


def test_the_facts_are_codes_days_identifiers_and_words() -> None:
    assert facts_of(etree.fromstring(SOURCE)) == {
        "codes": {"11488-4"},
        "dates": {"2026-11-20", "2018"},
        "identifiers": {"DOC-1"},
        "words": {"douleur", "thoracique", "soir"},
    }


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("codes", "11488-4", True),
        ("codes", "code 11488-4;", True),
        ("codes", "111488-4", False),
        ("codes", "11488-45", False),
        ("dates", "2026-11-20T09:30:00+01:00", True),
        ("dates", "20261120093000+0100", True),
        ("dates", "12026-11-20", False),
        ("identifiers", "urn:oid:1.2.3^DOC-1", True),
        ("identifiers", "DOC-12", False),
        ("words", "<div>DOULEUR</div>", True),
        ("words", "douleurs", False),
        ("words", '<p title="douleur"/>', False),
        ("words", "A" * 500 + "douleur", False),
    ],
)
def test_a_value_survives_as_a_word_of_its_own(kind: str, value: str, found: bool) -> None:
    facts = facts_of(etree.fromstring(SOURCE))
    assert survival(facts, json.dumps([{"x": [value]}])).found[kind] == int(found)


def test_an_output_that_is_not_there_holds_nothing() -> None:
    facts = facts_of(etree.fromstring(SOURCE))
    assert set(survival(facts, "").found.values()) == {0}
    assert survival(facts, "").of == {"codes": 1, "dates": 2, "identifiers": 1, "words": 3}
