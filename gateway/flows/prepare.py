"""The letter becomes a PDF/A, the documents become final, the archive and the mail are made: `received` → `ready`.

Everything is derived from what intake stored, so doing it twice gives the same bytes. Only the mail is per recipient;
the documents are the same for all.
"""

import json
from dataclasses import dataclass
from hashlib import sha256

from gateway.errors import MappingError
from gateway.fhir.format.reading import write_json
from gateway.flows.accepted import Accepted, read_accepted, read_letter
from gateway.flows.resources import binary, put
from gateway.journal import Change, Delivery, PayloadRole, PutPayload
from gateway.mapping.packing import Finished, archive, finish, mail_of
from gateway.model import Finding, ItemId, Sender
from gateway.mssante.format import cda
from gateway.ports import Clock, JournalQuery, PdfRenderer


@dataclass(frozen=True, slots=True)
class Prepare:
    """Blocking: renders and zips."""

    journal: JournalQuery
    renderer: PdfRenderer
    sender: Sender
    clock: Clock

    def __call__(self, message: ItemId, delivery: Delivery) -> tuple[Change, ...]:
        """The payloads that make a delivery ready. Raises MappingError or InputError where it cannot be made."""
        accepted = read_accepted(self.journal, message)
        if accepted is None:
            raise MappingError(Finding("internal"))
        documents = self._documents(message, accepted)
        zipped = archive(documents, accepted.context, self.sender, delivery.mailbox)
        mail = mail_of(documents, zipped, accepted.context.at, self.sender, delivery.mailbox, delivery.mail_message_id)
        final = (
            change
            for index, document in enumerate(documents)
            for change in (
                PutPayload(message, PayloadRole.DOCUMENT, document.content, "text/xml", index=index),
                PutPayload(message, PayloadRole.PDF, document.pdf, "application/pdf", index=index),
            )
        )
        ready = PutPayload(message, PayloadRole.MAIL, mail, "message/rfc822", delivery.id)
        return (*final, ready, *self._receipt(message, accepted, documents[0]))

    def _receipt(self, message: ItemId, accepted: Accepted, document: Finished) -> tuple[Change, ...]:
        """The receipt of loss, now that the bytes of its target are final."""
        receipt = json.loads(self._payload(message, PayloadRole.LOSS))
        digest = sha256(document.content).hexdigest()
        if receipt["target"].get("sha256") == digest:
            return ()
        receipt["target"]["sha256"] = digest
        content = write_json(receipt)
        resource = binary(accepted.receipt, content, "application/json")
        return (
            PutPayload(message, PayloadRole.LOSS, content, "application/json"),
            put(resource, message, accepted.structures, self.clock.now(), replaces=1),
        )

    def _documents(self, message: ItemId, accepted: Accepted) -> tuple[Finished, ...]:
        drafts = []
        for index in range(accepted.documents):
            draft = cda.read(self._payload(message, PayloadRole.DOCUMENT, index))
            own_pdf = self.journal.payload(message, PayloadRole.PDF, index=index)
            drafts.append((draft, own_pdf or self._render(message, accepted)))
        return finish(drafts)

    def _render(self, message: ItemId, accepted: Accepted) -> bytes:
        letter = read_letter(self._payload(message, PayloadRole.LETTER))
        return self.renderer.render(letter, accepted.context.at)

    def _payload(self, message: ItemId, role: PayloadRole, index: int = 0) -> bytes:
        content = self.journal.payload(message, role, index=index)
        if content is None:
            raise MappingError(Finding("content-erased"))
        return content
