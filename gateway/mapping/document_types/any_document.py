"""Any other CDA → a FHIR document Bundle: its header structured, its body attached, nothing dropped.

Also used for the answer to a referral (11488-4 "CR ou fiche de consultation ou de visite", level 1).
"""

from gateway.fhir.format import systems
from gateway.mapping.context import Context
from gateway.mapping.parts.body_reading import body_to_fhir
from gateway.mapping.parts.header_reading import Header, attesters, read_header, type_of, written_by
from gateway.mapping.parts.people import Bundling, Resource, reference
from gateway.mapping.parts.sections_reading import read_sections
from gateway.mapping.receipts import cda_receipt
from gateway.mapping.result import Ledger, Mapped, Side
from gateway.mapping.source import Node
from gateway.mssante.format.cda import ClinicalDocument

MAP, VERSION = "any-document", "1.0.0"


def to_fhir(document: ClinicalDocument, context: Context, source_hash: str = "") -> Mapped[Resource]:
    """A document Bundle: Composition first, then whatever it refers to."""
    ledger, bundling = Ledger(), Bundling(context)
    root = Node(document.root, "ClinicalDocument", ledger)
    found = read_header(root, bundling)
    body = body_to_fhir(root, found)
    sections = read_sections(root, found)
    bundling.entries = {context.urn("composition"): _composition(found, body, sections.sections), **bundling.entries}
    ledger.fill("Composition.status", "document-is-final")
    bundle = bundling.as_bundle("document", found.written_at)
    bundle["identifier"] = {"system": systems.URI, "value": found.identifier}
    return Mapped(bundle, cda_receipt(MAP, VERSION, [document], ledger, source_hash, Side("fhir-document")))


def _composition(found: Header, body: str, sections: list[Resource]) -> Resource:
    composition: Resource = {"resourceType": "Composition", "status": "final", "type": type_of(found)}
    composition |= {"identifier": found.set_id} if found.set_id else {}
    composition |= {"language": found.language} if found.language else {}
    composition |= {"subject": reference(found.patient)}
    composition |= {"encounter": reference(found.encounter)} if found.encounter else {}
    composition |= written_by(found)
    composition |= {"title": found.title or str(found.type.get("display") or "Document")}
    code = (found.confidentiality or {}).get("code")
    composition |= {"confidentiality": code} if code else {}
    composition |= {"attester": attester} if (attester := attesters(found)) else {}
    composition |= {"custodian": reference(found.custodian)} if found.custodian else {}
    if found.relates:
        composition["relatesTo"] = [{"code": found.relates[0], "targetIdentifier": found.relates[1]}]
    whole = {"title": found.title or "Document", "entry": [reference(body)]}
    return composition | {"section": [whole, *sections]}
