"""From drafts and their PDFs to what travels: final documents, the archive, the mail. Pure, and the same each time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.mapping.context import Context
from gateway.mapping.document_types.written import Written
from gateway.model import MailAddress, MailMessageId, Oid, Sender
from gateway.mssante.format import cda, mail, subject, xdm, xds_metadata, xds_strings
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.submission import SubmissionContext
from gateway.mssante.format.xds_from_cda import label_of

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Finished:
    """One final document: its bytes hold the very PDF that lies beside the archive."""

    document: ClinicalDocument
    content: bytes
    pdf: bytes


def finish(drafts: Sequence[tuple[ClinicalDocument, bytes]]) -> tuple[Finished, ...]:
    """Each draft with its PDF, made final."""
    done = [(cda.with_pdf(document, pdf), pdf) for document, pdf in drafts]
    return tuple(Finished(document, cda.write(document), pdf) for document, pdf in done)


def finish_written(written: Written, letter_pdf: bytes) -> tuple[Finished, ...]:
    """The drafts of a mapping, where one without its own PDF takes the letter's."""
    return finish([(draft.document, draft.pdf or letter_pdf) for draft in written.drafts])


def archive(documents: Sequence[Finished], context: Context, sender: Sender, mailbox: MailAddress) -> bytes:
    """IHE_XDM.zip with its METADATA.XML, for one recipient."""
    files = [(xdm.document_name(number), document.content) for number, document in enumerate(documents, 1)]
    first = documents[0].document
    submission = SubmissionContext(
        unique_id=Oid(context.oid(f"submission/{mailbox}")),
        source_id=sender.oid,
        submission_time=context.at,
        sender=xds_strings.author(first.authors[0]),
        intended_recipients=tuple(
            xds_strings.recipient(who.organization, who if who.id else None, mailbox) for who in first.recipients
        ),
    )
    return xdm.pack(xds_metadata.from_documents(files, submission), files, producer=sender.name)


def mail_of(
    documents: Sequence[Finished],
    zipped: bytes,
    sent_at: datetime,
    sender: Sender,
    mailbox: MailAddress,
    message_id: MailMessageId,
) -> bytes:
    """The mail to one recipient. Reply-To is our own mailbox: an answer is owed, and we pass it on."""
    first = documents[0].document
    codes = tuple(document.document.code.code for document in documents if document.document.code)
    draft = mail.MailDraft(
        sender=sender.mailbox,
        sender_label=sender.name,
        recipient=mailbox,
        subject=_subject(documents),
        message_id=message_id,
        date=sent_at.astimezone(PARIS),
        text=_text(documents, sender),
        nil=sender.nil,
        archive=zipped,
        pdfs=tuple(_pdf(document, number) for number, document in enumerate(documents)),
        document_codes=codes,
        qualified_ins=first.has_qualified_ins,
        reply_to=sender.mailbox,
        receipt_to=sender.mailbox,
    )
    return mail.compose(draft)


def _subject(documents: Sequence[Finished]) -> str:
    patient = documents[0].document.patient
    labels = [d.document.code.display for d in documents if d.document.code]
    return subject.write(label_of(labels), patient.birth_family or "", patient.first_given or "", patient.birth_date)


def _text(documents: Sequence[Finished], sender: Sender) -> str:
    """What a person reads first: three lines, and how to answer."""
    author = documents[0].document.authors[0]
    label = label_of([d.document.code.display for d in documents if d.document.code])
    name = f"{author.given} {author.family}".strip()
    return (
        "Bonjour,\n\n"
        f"{label} de {name}, pour votre patient. Le PDF est la lettre ; l'archive est destinée à votre logiciel.\n"
        f"Pour répondre à {name}, répondez simplement à ce message.\n\n"
        f"{sender.name}, messagerie sécurisée\n"
    )


def _pdf(document: Finished, number: int) -> mail.Attachment:
    patient, code = document.document.patient, document.document.code
    day = document.document.service_start or document.document.effective_time
    name = mail.pdf_name(
        (day.astimezone(PARIS) if day else datetime.min).date(),
        code.display if code else "Document",
        patient.birth_family or "",
        patient.first_given or "",
        str(number) if number else "",
    )
    return mail.Attachment(name, document.pdf, "application/pdf")
