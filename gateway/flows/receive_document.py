"""A mail with documents → FHIR resources that software polls, joined to the referral that they answer.

Checked before anything is stored: the archive against its metadata, the patient of each document against the metadata,
and, in a thread, against the patient of the request. What fails is set aside for a person, and the sender is told by a
negative receipt with the ANS code, where a receipt was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gateway.errors import InputError
from gateway.fhir.format.reading import write_json
from gateway.flows.accepted import FHIR_JSON, Accepted, read_accepted
from gateway.flows.notice import Notices
from gateway.flows.resources import binary, put
from gateway.journal import (
    Change,
    Claim,
    Delivery,
    LookUp,
    MessageClassified,
    NewEvent,
    Next,
    PayloadRole,
    PutResource,
    StepResult,
)
from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import Context
from gateway.mapping.received import Attached, document_reference, loss_summary, patient_values
from gateway.mapping.task import ANSWER
from gateway.mapping.threads import document_keys, same_patient
from gateway.model import Finding, ItemId
from gateway.mssante.format import cda, xdm
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.mail import ReadMail
from gateway.ports import Clock, Ids, JournalQuery

_CDA, _PDF = "text/xml", "application/pdf"


@dataclass(frozen=True, slots=True)
class Thread:
    """The referral that a mail answers."""

    message: ItemId
    accepted: Accepted


@dataclass(frozen=True, slots=True)
class ReceiveDocument:
    """Takes in every document of one mail, or none of them."""

    journal: JournalQuery
    notices: Notices
    clock: Clock
    ids: Ids

    def __call__(self, claim: Claim, mail: ReadMail, delivery: Delivery | None) -> StepResult:
        """Raises InputError where the archive or a document cannot be trusted."""
        documents = self._unpack(mail)
        thread = self._thread(claim, delivery, [document for _, document in documents])
        if thread:
            self._check_patient(thread, [document for _, document in documents])
        at = self.clock.now()
        if thread is None and not all(_recipient_structures(document) for _, document in documents):
            return self._for_a_person(claim, at)
        changes: list[Change] = []
        for content, document in documents:
            changes += self._document(claim, content, document, thread, at)
        told = self._tell(claim, thread, changes, at)
        return StepResult(Next.DONE, (*changes, *told))

    @staticmethod
    def _unpack(mail: ReadMail) -> list[tuple[bytes, ClinicalDocument]]:
        if len(mail.archives) != 1:
            raise InputError(Finding("mail-archive-count", facts=(("found", str(len(mail.archives))),)))
        archive = xdm.unpack(mail.archives[0])
        return [(content, cda.read(content)) for _, content in archive.documents]

    # --- the thread

    def _thread(self, claim: Claim, delivery: Delivery | None, documents: Sequence[ClinicalDocument]) -> Thread | None:
        if delivery:
            return self._of(delivery.message)
        for key in (key for document in documents for key in document_keys(document)):
            for message in self.journal.find(claim.tenant, "document", key):
                if thread := self._of(message.id):
                    return thread
        return None

    def _of(self, message: ItemId) -> Thread | None:
        accepted = read_accepted(self.journal, message)
        return Thread(message, accepted) if accepted else None

    def _check_patient(self, thread: Thread, documents: Sequence[ClinicalDocument]) -> None:
        sent = self.journal.payload(thread.message, PayloadRole.DOCUMENT)
        ours = cda.read(sent).patient if sent else None
        if ours and not all(same_patient(ours, document.patient) for document in documents):
            raise InputError(Finding("thread-patient-differs", "recordTarget/patientRole", (("ans_code", "904"),)))

    @staticmethod
    def _for_a_person(claim: Claim, at: datetime) -> StepResult:
        """A good document that names no structure of ours: somebody must say whose it is. Its sender did no wrong."""
        code = "document-without-reader"
        told = NewEvent(claim.message, at, "quarantined", "worker", facts=(("code", code),))
        return StepResult(Next.PARKED, (MessageClassified(claim.message, "document", None), told), code=code)

    # --- the resources

    def _document(
        self, claim: Claim, content: bytes, document: ClinicalDocument, thread: Thread | None, at: datetime
    ) -> list[Change]:
        context = Context(at, self.ids.new())
        mapped = document_to_fhir(document, context, sha256(content).hexdigest())
        structures = thread.accepted.structures if thread else _recipient_structures(document)
        forms = [(_CDA, content, "CDA R2"), (FHIR_JSON, write_json(mapped.value), "FHIR")]
        if pdf := cda.embedded_pdf(document):
            forms.insert(0, (_PDF, pdf, "PDF"))
        attached, changes = [], list[Change]()
        for media_type, form, title in forms:
            id_ = self.ids.new()
            changes.append(put(binary(id_, form, media_type), claim.message, structures, at))
            attached.append(Attached(media_type, f"Binary/{id_}", f"{document.title} ({title})"))
        reference = document_reference(mapped.value, self.ids.new(), attached, thread.message if thread else None)
        changes += [LookUp(claim.message, "patient", value) for value in patient_values(mapped.value)]
        if document.id:
            changes.append(LookUp(claim.message, "document", str(document.id)))
        counts = NewEvent(claim.message, at, "document-mapped", "worker", facts=loss_summary(mapped.loss))
        return [*changes, put(reference, claim.message, structures, at), counts]

    def _tell(self, claim: Claim, thread: Thread | None, changes: Sequence[Change], at: datetime) -> tuple[Change, ...]:
        """What the requester's Task and the trace say. The Task takes one new version, however many documents."""
        found = next(c for c in changes if isinstance(c, PutResource) and c.type == "DocumentReference")
        if thread is None:
            classified = MessageClassified(claim.message, "document", None)
            return (classified, NewEvent(claim.message, at, "document-received", "worker"))
        told = self.notices.answered(thread.message, ANSWER, f"DocumentReference/{found.id}", at, reported=True)
        return (
            MessageClassified(claim.message, "reply", thread.message),
            *told,
            NewEvent(thread.message, at, "reply-received", "recipient"),
        )


def _recipient_structures(document: ClinicalDocument) -> frozenset[str]:
    """Who may see a document that answers nothing: the structures that its author wrote to."""
    found = (person.organization for person in document.recipients)
    return frozenset(o.id.extension for o in found if o and o.id and o.id.extension)
