"""Addresses and telecoms: what the ANS profile takes goes and comes back, the rest is told in the letter."""

from typing import Any

import pytest

from tests.mapping.parts.letters import Json, Letter, letter, part

ADDR, TELECOM = "//h:patientRole/h:addr", "//h:patientRole/h:telecom"


def _with(name: str, values: list[Json]) -> Letter:
    return letter("02-rich", lambda bundle: part(bundle, "Patient").update({name: values}))


@pytest.mark.parametrize(
    ("telecom", "value"),
    [
        ({"system": "phone", "value": "0612000123", "use": "mobile"}, "tel:0612000123"),
        ({"system": "fax", "value": "+33 3"}, "fax:+33%203"),
        ({"system": "email", "value": "josé@poste.example", "use": "home"}, "mailto:jos%C3%A9@poste.example"),
        ({"system": "url", "value": "http://poste.example/a?b=1"}, "http://poste.example/a?b=1"),
    ],
)
def test_a_telecom_that_the_profile_takes_comes_back(telecom: Json, value: str) -> None:
    written = _with("telecom", [telecom])
    assert written.values(f"{TELECOM}/@value") == [value]
    assert part(written.back, "Patient")["telecom"] == [telecom]


@pytest.mark.parametrize(
    "telecom",
    [
        {"system": "phone", "value": "0612000123", "use": "old"},
        {"system": "phone", "value": "0612000123", "use": "temp"},
        {"system": "url", "value": "https://poste.example/"},
        {"system": "url", "value": "poste.example"},
        {"system": "sms", "value": "0612000123"},
        {"system": "phone", "_value": {"extension": [{"url": "http://x.example", "valueCode": "masked"}]}},
    ],
)
def test_a_telecom_that_the_profile_refuses_is_told_in_the_letter(telecom: Json) -> None:
    written = _with("telecom", [telecom])
    assert written.values(TELECOM) == []
    assert written.outcome("Patient", "telecom[0]") == {"narrative"}


def test_an_address_keeps_two_lines_and_the_letter_tells_the_others() -> None:
    given: Json = {"use": "home", "line": ["Bâtiment B", "1 Rue du Lavoir", "BP 12"], "city": "REIMS", "state": "Marne"}
    written = _with("address", [given])
    assert written.values(f"{ADDR}/h:streetName/text()") == ["Bâtiment B"]
    assert written.values(f"{ADDR}/h:additionalLocator/text()") == ["1 Rue du Lavoir"]
    assert written.outcome("Patient", "address[0].line[2]") == {"narrative"}
    assert part(written.back, "Patient")["address"] == [given | {"line": given["line"][:2]}]


@pytest.mark.parametrize(
    "address",
    [
        {"use": "old", "line": ["1 Rue du Lavoir"], "city": "REIMS"},
        {"use": "billing", "line": ["1 Rue du Lavoir"], "city": "REIMS"},
        {"use": "home", "text": "chez l'habitant"},
    ],
)
def test_an_address_without_a_legal_use_or_part_is_told_in_the_letter(address: dict[str, Any]) -> None:
    written = _with("address", [address])
    assert written.values(ADDR) == []
    assert written.outcome("Patient", "address[0]") == {"narrative"}
