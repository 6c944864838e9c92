"""FHIR type and categories of an AllergyIntolerance ↔ the code of the observation, of one French list.

| FHIR | CDA `observation/code` |
|---|---|
| type with its one category | the code that says both ("allergie médicamenteuse") |
| any other combination | the code of the type alone; each category as a translation |

Source: ANS kit 3.0, JDV_TypeEvenementIndesirablePrevisible; FHIR R4 allergy-intolerance-type and -category.
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import qualities
from gateway.mapping.parts.identifiers import derived_oid
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mapping.terminology.clinical_codes import by_code, by_fhir
from gateway.mssante.format.build import add

_LIST = "allergy-kind"
_TYPES = frozenset({"allergy", "intolerance"})
_CATEGORIES = frozenset({"food", "medication", "environment", "biologic"})
_CATEGORY_OID = derived_oid(systems.ALLERGY_CATEGORY)


def to_cda(observation: etree._Element, allergy: Element) -> None:
    """Add `code`."""
    categories = [category for category in allergy.each("category") if category.peek() in _CATEGORIES]
    type_ = allergy["type"].structured("allergy-type") if allergy["type"].peek() in _TYPES else ""
    only = categories[0].peek() if len(categories) == 1 else ""
    pair = by_fhir(_LIST, f"{type_}|{only}")
    wide = pair or by_fhir(_LIST, f"{type_}|")
    assert wide is not None, "the list has a row for each type"
    code = add(observation, "code")
    qualities.set_code(code, wide)
    for category in categories:
        value = category.structured("allergy-category")
        if pair is None or not only:
            add(code, "translation", code=value, codeSystem=_CATEGORY_OID, codeSystemName=systems.ALLERGY_CATEGORY)


def to_fhir(code: Node) -> Resource:
    """`type` and `category`; an unknown kind stays for the words."""
    pair = by_code(_LIST, (code.peek("code"),))
    if pair is None:
        return {}
    qualities.claim_code(code, "allergy-type")
    type_, _, category = pair.fhir.partition("|")
    categories = [category] if category else []
    categories += [found for translation in code.each("translation") if (found := _category(translation))]
    return ({"type": type_} if type_ else {}) | ({"category": categories} if categories else {})


def _category(translation: Node) -> str | None:
    if translation.peek("codeSystem") != _CATEGORY_OID or translation.peek("code") not in _CATEGORIES:
        return None
    qualities.claim_code(translation, "allergy-category")
    return translation.peek("code")
