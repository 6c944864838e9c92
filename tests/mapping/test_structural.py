"""Which leaves may stay unsaid."""

import pytest

from gateway.mapping.structural import structural_rule


@pytest.mark.parametrize(
    "path",
    [
        "Bundle.type",
        "Bundle.entry[2].fullUrl",
        "Bundle.entry[2].resource.resourceType",
        "Bundle.entry[2].resource.meta.profile[0]",
        "Bundle.entry[2].resource.code.coding[1].system",
        "Bundle.entry[2].resource.birthDate.extension[0].url",
        "Bundle.entry[2].resource.text.div",
    ],
)
def test_what_holds_the_message_together_is_structural(path: str) -> None:
    assert structural_rule(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "Bundle.entry[2].resource.code.coding[1].code",
        "Bundle.entry[2].resource.code.coding[1].display",
        "Bundle.entry[2].resource.code.text",
        "Bundle.entry[2].resource.identifier[0].value",
        "Bundle.entry[2].resource.identifier[0].system",
        "Bundle.entry[2].resource.status",
        "Bundle.entry[2].resource.section[0].text.div",
        "Bundle.entry[2].resource.valueQuantity.value",
        "Bundle.entry[2].resource.communication[0].language.text",
        "Bundle.entry[2].resource.note[0].text",
        "Bundle.entry[2].resource.extension[0].valueString",
    ],
)
def test_no_code_value_name_date_or_identifier_is(path: str) -> None:
    assert structural_rule(path) is None
