"""The header takes what the schema takes."""

from tests.mapping.parts.letters import letter, part

IDNST = "urn:oid:1.2.250.1.71.4.2.2"


def test_an_order_without_a_complete_identifier_is_not_written() -> None:
    written = letter("02-rich", lambda b: part(b, "Task").update(identifier=[{"value": "T-1"}]))
    assert written.values("//h:inFulfillmentOf/h:order/h:id/@extension") == ["ADR-2026-001188"]


def test_a_structure_has_one_national_identifier_and_the_letter_tells_the_other() -> None:
    second = {"system": IDNST, "value": "312345678900011"}
    written = letter("02-rich", lambda b: part(b, "Organization")["identifier"].append(second))
    assert written.values("//h:representedCustodianOrganization/h:id/@extension") == ["1990002172"]
    assert len(written.values("//h:assignedAuthor/h:representedOrganization/h:id")) == 1
    assert written.outcome("Organization", "identifier[1].value") == {"narrative"}
