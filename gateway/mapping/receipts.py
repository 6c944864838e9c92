"""Making the receipt of loss of a finished mapping, by walking its source once more."""

from collections.abc import Sequence

from gateway.fhir.format.bundle import Message
from gateway.fhir.format.leaves import leaves
from gateway.mapping.result import Ledger, LossReport, Side
from gateway.mapping.source import cda_leaves
from gateway.mapping.structural import structural_rule
from gateway.mapping.structural_cda import cda_structural_rule
from gateway.mssante.format.cda import ClinicalDocument


def fhir_receipt(
    name: str, version: str, message: Message, ledger: Ledger, source_hash: str, target: Side
) -> LossReport:
    """The receipt of a mapping that read a FHIR message."""
    walked = [path for path, _ in leaves(message.bundle, "Bundle")]
    source = Side("fhir-message", sha256=source_hash or None)
    return LossReport(name, version, source, target, len(walked), ledger.items(walked, structural_rule))


def cda_receipt(
    name: str, version: str, documents: Sequence[ClinicalDocument], ledger: Ledger, source_hash: str, target: Side
) -> LossReport:
    """The receipt of a mapping that read a CDA, or several of one submission."""
    roots = [(document.root, document_path(number)) for number, document in enumerate(documents, 1)]
    walked = [path for root, place in roots for path, _ in cda_leaves(root, place)]
    source = Side("cda", _type_of(documents[0]), source_hash or None)
    return LossReport(name, version, source, target, len(walked), ledger.items(walked, cda_structural_rule))


def document_path(number: int) -> str:
    """The path at which the leaves of the n-th document start, from 1."""
    return "ClinicalDocument" if number == 1 else f"ClinicalDocument[{number}]"


def _type_of(document: ClinicalDocument) -> str | None:
    return document.code.code if document.code else None
