"""XDS metadata: the door of this room for METADATA.XML.

The values are in `submission`, their HL7 strings in `xds_strings`; they come from documents (`xds_from_cda`) or from
XML (`xds_read`), go to XML (`xds_write`) and are checked against the files (`xds_rules`).

Source: IHE ITI TF-3 §4.2; ANS, Volet Transmission d'un document CDA.
"""

from gateway.mssante.format.submission import (
    Author,
    DocumentEntry,
    Membership,
    Submission,
    SubmissionContext,
    SubmissionSet,
)
from gateway.mssante.format.xds_from_cda import from_documents, label_of
from gateway.mssante.format.xds_read import read
from gateway.mssante.format.xds_rules import check
from gateway.mssante.format.xds_write import write

__all__ = [
    "Author", "DocumentEntry", "Membership", "Submission", "SubmissionContext", "SubmissionSet",
    "check", "from_documents", "label_of", "read", "write",
]  # fmt: skip
