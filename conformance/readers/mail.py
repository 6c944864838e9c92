"""A mail as it lies in the colleague's mailbox: headers, attachments, and receipts (MDN).

Source: RFC 5322, RFC 2045 to 2047, RFC 2231; RFC 8098 (message/disposition-notification).
"""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr

ARCHIVE_NAME = "ihe_xdm.zip"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attachment, decoded."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its bytes and what they say."""

    content: bytes
    message: EmailMessage

    @classmethod
    def read(cls, content: bytes) -> "Mail":
        return cls(content, message_from_bytes(content, policy=policy.default))

    def header(self, name: str) -> str | None:
        """The header on one line, decoded; None where it is absent."""
        value = self.message[name]
        return " ".join(str(value).split()) if value is not None else None

    def address(self, name: str) -> str:
        """The plain address of a header."""
        return parseaddr(self.header(name) or "")[1]

    @property
    def message_id(self) -> str:
        return self.header("Message-ID") or ""

    @property
    def raw_headers(self) -> bytes:
        """The headers as they came, for rules about their bytes."""
        return self.content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]

    @property
    def attachments(self) -> list[Attachment]:
        """The mail's own attachments; nothing of a returned original."""
        return [
            _attachment(part) for part in self.message.iter_attachments() if part.get_content_maintype() != "message"
        ]

    @property
    def archives(self) -> list[Attachment]:
        return [a for a in self.attachments if a.name.lower() == ARCHIVE_NAME]

    @property
    def pdfs(self) -> list[Attachment]:
        return [a for a in self.attachments if a.media_type == "application/pdf"]

    @property
    def body(self) -> Message | None:
        """The text for people."""
        return self.message.get_body(("plain",))

    @property
    def disposition(self) -> Message | None:
        """The fields of an MDN; None where the mail is none."""
        parts = [p for p in self.message.walk() if p.get_content_type() == "message/disposition-notification"]
        payload = parts[0].get_payload() if parts else None
        return payload[0] if isinstance(payload, list) and isinstance(payload[0], Message) else None


def _attachment(part: Message) -> Attachment:
    content = part.get_payload(decode=True)
    return Attachment(
        part.get_filename() or "", part.get_content_type(), content if isinstance(content, bytes) else b""
    )
