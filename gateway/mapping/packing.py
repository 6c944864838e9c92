"""From drafts and their PDFs to what travels: final documents, the archive, the mail. Pure, and the same each time."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.mapping.context import Context
from gateway.mapping.document_types.written import Written
from gateway.model import MailAddress, Oid, Sender
from gateway.mssante.format import cda, xdm, xds_metadata, xds_strings
from gateway.mssante.format.cda import ClinicalDocument
from gateway.mssante.format.submission import SubmissionContext


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
