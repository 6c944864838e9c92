"""Which schematron of the kit is a document's own model.

The kit has no table of it, but each of its examples names its schematron and declares its templateId: we read both.
Source: ANS content kit 3.0, `ExemplesCDA` (processing instruction `oxygen SCHSchema`).
"""

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lxml import etree

from gateway.mssante.format.clinical_document import ClinicalDocument
from gateway.mssante.format.oids import HL7_V3, TEMPLATE_SCANNED_DOCUMENT

_SCHEMATRON = re.compile(r'SCHSchema="\.\./schematrons/([^"/]+\.sch)"')
_DOCUMENT = f"{{{HL7_V3}}}ClinicalDocument"


@dataclass(frozen=True, slots=True)
class Models:
    """Schematron names by templateId, with and without its extension; level 1 models by document code."""

    by_template: dict[tuple[str, str | None], str]
    by_root: dict[str, str]
    level_1: dict[str, str]

    def of(self, document: ClinicalDocument) -> str | None:
        """The schematron of the document's own model; that of the newest edition where its edition is not known."""
        templates = [(i.root, i.extension) for i in document.template_ids]
        exact = next((name for key in reversed(templates) if (name := self.by_template.get(key))), None)
        edition = next((name for root, _ in reversed(templates) if (name := self.by_root.get(root))), None)
        scanned = any(root == TEMPLATE_SCANNED_DOCUMENT for root, _ in templates)
        code = document.code.code if document.code else None
        return exact or edition or (self.level_1.get(code or "") if scanned else None)


def read_models(examples: Path) -> Models:
    """The models of a kit, from its examples. The templateId of the model itself comes last in each."""
    models = Models({}, {}, {})
    for path in sorted(examples.glob("*.xml")):
        schematron, document = _example(path)
        if schematron is None or document is None or not document.template_ids:
            continue
        last = document.template_ids[-1]
        if last.root == TEMPLATE_SCANNED_DOCUMENT:
            models.level_1[(document.code.code if document.code else None) or ""] = schematron
        else:
            models.by_template[last.root, last.extension] = schematron
            models.by_root[last.root] = max(schematron, models.by_root.get(last.root, ""))
    return models


def _example(path: Path) -> tuple[str | None, ClinicalDocument | None]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        tree = etree.parse(path, parser)
    except etree.XMLSyntaxError:
        return None, None
    root = tree.getroot()
    notes = [str(node.text) for node in root.itersiblings(etree.PI, preceding=True)]
    names = [found.group(1) for note in notes if (found := _SCHEMATRON.search(note))]
    own = next((PurePosixPath(name).stem for name in names), None)
    return own, ClinicalDocument(root) if root.tag == _DOCUMENT else None
