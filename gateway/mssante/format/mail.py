"""Mail: the door of this room for messages. Written in `mail_compose`, read in `mail_read`, receipts in `reports`.

Source: MSSanté, Référentiel socle clients; RFC 5322; RFC 2045 to 2047; RFC 2231.
"""

from gateway.mssante.format.mail_compose import MailDraft, compose, pdf_name
from gateway.mssante.format.mail_read import MailKind, ReadMail, addresses, check, message_id_of, read
from gateway.mssante.format.mime import Limits
from gateway.mssante.format.mime_write import Attachment

__all__ = [
    "Attachment", "Limits", "MailDraft", "MailKind", "ReadMail",
    "addresses", "check", "compose", "message_id_of", "pdf_name", "read",
]  # fmt: skip
