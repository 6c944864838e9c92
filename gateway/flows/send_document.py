"""FHIR → journal: the story of one message from the door to its answer.

Store first, answer second, send third: when the caller reads `ok`, everything is on disk; nothing has been sent yet.
"""

from dataclasses import dataclass
from hashlib import sha256

from gateway.error_catalogue import severity_of
from gateway.errors import GatewayError, InputError, MappingError
from gateway.fhir.format.bundle import Message, read_message
from gateway.fhir.format.reading import write_json
from gateway.fhir.format.rules import check_message
from gateway.flows.accepted import FHIR_JSON, Accepted, write_accepted, write_letter
from gateway.flows.address import Addressing
from gateway.flows.answers import Answering, accepted_outcome, names_of, store_answer
from gateway.flows.resources import binary, put
from gateway.journal import (
    Change,
    Direction,
    LookUp,
    NewDelivery,
    NewEvent,
    NewMessage,
    NewWork,
    PayloadRole,
    PutPayload,
    RememberAnswer,
    WorkKind,
    order_value,
)
from gateway.mapping.catalog import DocumentType, type_of_message
from gateway.mapping.context import Context
from gateway.mapping.document_types.written import Written
from gateway.mapping.envelope import check_sender, envelope_of, lane_of, recipients_of
from gateway.mapping.result import Mapped
from gateway.mapping.task import new_task
from gateway.model import (
    Choice,
    Client,
    Envelope,
    Finding,
    Identifier,
    ItemId,
    Language,
    MailMessageId,
    Sender,
    Severity,
)
from gateway.mssante.format import cda
from gateway.ports import Clock, Ids, Intake, MessageAnswer

_MAIL_OVERHEAD_BYTES = 100_000
"""What the letter and the archive add to the source, generously: an estimate for choosing a mailbox."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One message checked, addressed and mapped, not yet stored."""

    message: Message
    envelope: Envelope
    choices: tuple[Choice, ...]
    type: DocumentType
    context: Context
    mapped: Mapped[Written]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class SendDocument:
    """`POST /fhir/$process-message`, from authenticated bytes to the answer."""

    intake: Intake
    addressing: Addressing
    answering: Answering
    clock: Clock
    ids: Ids
    sender: Sender
    production: bool = True
    """Refuse test and demonstration identities."""

    def __call__(self, content: bytes, client: Client, language: Language, request_id: str | None) -> MessageAnswer:
        """The answer, remembered where it is `ok` or a fatal error."""
        names = names_of(content, request_id)
        if known := self.intake.recall(client.tenant, client.id, names):
            return self.answering.again(known, content, language)
        try:
            prepared = self.prepare(content, client)
        except GatewayError as error:
            answer, changes = self._refuse(error, content, client, language)
        else:
            answer, changes = self._accept(prepared, content, client, language)
        if not changes:
            return answer
        remembered = RememberAnswer(_message_of(changes), client.tenant, client.id, names)
        known = self.intake.accept([*changes, remembered])
        return self.answering.again(known, content, language) if known else answer

    def prepare(self, content: bytes, client: Client) -> Prepared:
        """Check, address and map; stores nothing. Raises InputError, AddressingError or MappingError."""
        message = read_message(content)
        document_type = type_of_message(message.event[1])
        check_sender(message, client)
        findings = check_message(message, production=self.production)
        if any(_is_error(finding) for finding in findings):
            raise InputError(findings)
        envelope = envelope_of(message)
        if len(envelope.recipients) > 1:
            # An open request offers to several without naming the patient: a flow of its own, never a letter to each.
            raise InputError(Finding("open-request-unsupported", recipients_of(message)[1][1]))
        choices = self.addressing.choose_all(recipients_of(message), len(content) + _MAIL_OVERHEAD_BYTES)
        context = self._context(envelope)
        mapped = document_type.to_cda(message, context, sha256(content).hexdigest(), choices[0].form)
        if mapped.loss.lost:
            raise MappingError([Finding("would-lose", item.path) for item in mapped.loss.lost])
        _check_documents(mapped.value)
        return Prepared(message, envelope, choices, document_type, context, mapped, findings)

    def _context(self, envelope: Envelope) -> Context:
        member = self.addressing.find(envelope.sender)
        facility, setting = (member.facility_type, member.practice_setting) if member else (None, None)
        return Context(self.clock.now(), self.ids.new(), facility, setting)

    def _refuse(
        self, error: GatewayError, content: bytes, client: Client, language: Language
    ) -> tuple[MessageAnswer, list[Change]]:
        """A fatal answer is kept with a message of its own, so that a duplicate gets it again; others are not."""
        answer = self.answering.refused(content, error.findings, language)
        if answer.status != 422:
            return answer, []
        message, at = self.ids.new(), self.clock.now()
        return answer, [
            NewMessage(message, client.tenant, Direction.OUTWARD, "refused", client.id, at),
            NewEvent(message, at, "refused", f"client:{client.id}", facts=(("code", error.code),)),
            PutPayload(message, PayloadRole.ANSWER, store_answer(answer), FHIR_JSON),
        ]

    def _accept(
        self, prepared: Prepared, content: bytes, client: Client, language: Language
    ) -> tuple[MessageAnswer, list[Change]]:
        message, at = self.ids.new(), prepared.context.at
        receipt_id, documents = self.ids.new(), len(prepared.mapped.value.drafts)
        accepted = Accepted(client.tenant, prepared.envelope, prepared.context, receipt_id, documents)
        receipt = write_json(prepared.mapped.loss.as_json())
        task = new_task(prepared.message, prepared.envelope.patient, message, at, f"Binary/{receipt_id}")
        outcome = accepted_outcome(prepared.mapped.loss, prepared.warnings, language)
        answer = self.answering.accepted(prepared.message, outcome, task)
        envelope = prepared.envelope
        changes: list[Change] = [
            NewMessage(message, client.tenant, Direction.OUTWARD, envelope.kind, client.id, at, envelope.priority),
            PutPayload(message, PayloadRole.SOURCE, content, FHIR_JSON),
            PutPayload(message, PayloadRole.CONTEXT, write_accepted(accepted), "application/json"),
            PutPayload(message, PayloadRole.LETTER, write_letter(prepared.mapped.value.letter), "application/json"),
            PutPayload(message, PayloadRole.LOSS, receipt, "application/json"),
            PutPayload(message, PayloadRole.ANSWER, store_answer(answer), FHIR_JSON),
            LookUp(message, "order", order_value(envelope.order)),
            *self._documents(message, prepared.mapped.value),
            *(LookUp(message, "patient", order_value(i)) for i in _patient_ids(envelope)),
            put(binary(receipt_id, receipt, "application/json"), message, accepted.structures, at),
            put(task, message, accepted.structures, at),
            NewEvent(message, at, "accepted", f"client:{client.id}", facts=_counts(prepared)),
        ]
        for choice in prepared.choices:
            changes += self._delivery(message, choice, envelope, client.tenant, prepared.context)
        return answer, changes

    @staticmethod
    def _documents(message: ItemId, written: Written) -> list[Change]:
        changes: list[Change] = []
        for index, draft in enumerate(written.drafts):
            document = cda.write(draft.document)
            changes.append(PutPayload(message, PayloadRole.DOCUMENT, document, "text/xml", index=index))
            known_by = (draft.document.id, *draft.document.order_ids)
            changes += [LookUp(message, "document", str(id_)) for id_ in dict.fromkeys(known_by) if id_]
            if draft.pdf:
                changes.append(PutPayload(message, PayloadRole.PDF, draft.pdf, "application/pdf", index=index))
        return changes

    def _delivery(
        self, message: ItemId, choice: Choice, envelope: Envelope, tenant: str, context: Context
    ) -> list[Change]:
        delivery, at, box = self.ids.new(), context.at, choice.mailbox.address
        domain = self.sender.mailbox.partition("@")[2]
        message_id = MailMessageId(f"<{self.ids.secret()}@{domain}>")
        patient = order_value(envelope.patient.key) if envelope.patient.key else message
        lane = lane_of(tenant, envelope.sender, box, patient, envelope.priority)
        party = choice.recipient
        return [
            NewDelivery(delivery, message, party.structure, party.person, box, choice.form, message_id, at),
            NewEvent(message, at, "addressed", "registry", delivery, (("why", " ; ".join(choice.reasons)),)),
            NewWork(self.ids.new(), message, WorkKind.DELIVERY, delivery, lane, at),
        ]


def _check_documents(written: Written) -> None:
    """What is accepted can be sent: MappingError where a document would break a rule that its reader insists on."""
    broken = [f for draft in written.drafts for f in cda.check(draft.document, with_body=False) if _is_error(f)]
    if broken:
        facts = ((("rule", f.code), ("place", f.path)) for f in broken)
        raise MappingError([Finding("document-incomplete", "Bundle", told) for told in dict.fromkeys(facts)])


def _is_error(finding: Finding) -> bool:
    return severity_of(finding) in (Severity.FATAL, Severity.ERROR)


def _message_of(changes: list[Change]) -> ItemId:
    return next(change.id for change in changes if isinstance(change, NewMessage))


def _patient_ids(envelope: Envelope) -> list[Identifier]:
    return [i for i in (envelope.patient.local, envelope.patient.ins) if i]


def _counts(prepared: Prepared) -> tuple[tuple[str, str], ...]:
    loss = prepared.mapped.loss
    return (("map", f"{loss.map} {loss.map_version}"), ("leaves", str(loss.leaves)), ("lost", str(len(loss.lost))))
