"""Which of our messages a received document answers, and whether it is about the same patient.

Threads over mail: In-Reply-To and References first, then `inFulfillmentOf/order/id`, then the ids in the metadata
(`referenceIdList`), which are derived from the same orders. The patient must agree: by an identifier in common, or,
where the two sides have none in common, by birth name and birth date. Two different INS are never the same patient.
"""

import unicodedata
from collections.abc import Iterator

from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.clinical_document import Patient
from gateway.mssante.format.oids import INS


def document_keys(document: ClinicalDocument) -> Iterator[str]:
    """The look-up values by which the document that this one answers may be found."""
    return (str(order) for order in document.order_ids)


def same_patient(ours: Patient, theirs: Patient) -> bool:
    """Whether two headers name one person."""
    our_ins, their_ins = _ins(ours), _ins(theirs)
    if our_ins and their_ins:
        return our_ins == their_ins
    if set(ours.ids) & set(theirs.ids):
        return True
    return _traits(ours) == _traits(theirs) and None not in _traits(ours)


def _ins(patient: Patient) -> str | None:
    return next((i.extension for i in patient.ids if i.root in INS), None)


def _traits(patient: Patient) -> tuple[object, ...]:
    name = unicodedata.normalize("NFKD", patient.birth_family or "").encode("ascii", "ignore").decode()
    letters = "".join(c for c in name.upper() if c.isalpha())
    return (letters or None, patient.birth_date, patient.gender)
