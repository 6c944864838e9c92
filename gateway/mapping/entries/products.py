"""A medicine or vaccine as CodeableConcept ↔ the product of a consumable.

| FHIR | CDA manufacturedMaterial |
|---|---|
| coding[0] of CIS | `code`; else `code/@nullFlavor` OTH and every coding as `translation` |
| text | `name` |

Source: IHE PCC TF-2 (Product Entry …4.7.2); ANS, FR-Produit-de-santé (coded in CIS, with a name).
"""

from lxml import etree

from gateway.fhir.format import systems
from gateway.mapping.entries import concepts
from gateway.mapping.source import Element
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown


def to_cda(statement: etree._Element, concept: Element, rule: str, anchor: str) -> etree._Element:
    """Add `consumable` with the product; returns its `manufacturedMaterial`. Read it with `concepts.agent_to_fhir`."""
    product = add(add(statement, "consumable", typeCode="CSM"), "manufacturedProduct", classCode="MANU")
    for template in oids.TEMPLATES_PRODUCT:
        add(product, "templateId", root=template)
    material = add(product, "manufacturedMaterial")
    concepts.agent_to_cda(material, concept, rule, anchor, _is_cis)
    if not concepts.is_exact(concept["text"]):
        unknown(material, "name", "NA")
    return material


def _is_cis(coding: Element) -> bool:
    return coding["system"].peek() == systems.CIS
