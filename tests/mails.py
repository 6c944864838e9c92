"""Mails that come in, made from the fixtures by the standard library only: nothing here is read or written by ours."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from uuid import uuid4

from tests.referrals import FIXTURES

ORIGINAL_ID = b"<20261120.0931.referral.7f0c@cpts-vesle.mssante.example>"
"""The mail that the fixtures answer."""
METADATA, DOCUMENT = "IHE_XDM/SUBSET01/METADATA.XML", "IHE_XDM/SUBSET01/DOC00001.XML"
WITH_DOCUMENT = "01-reply-with-document"
Files = dict[str, bytes]


def reply(name: str, original: str) -> bytes:
    """A mail of `fixtures/replies` that answers the mail `original`, with a Message-ID of its own."""
    content = (FIXTURES / "replies" / name / "input.eml").read_bytes()
    own = re.search(rb"(?im)^Message-ID: (<[^>]+>)", content)
    assert own
    fresh = b"<" + uuid4().hex.encode() + b"@medecin.mssante.example>"
    return content.replace(own[1], fresh).replace(ORIGINAL_ID, original.encode())


def plain_reply(original: str, text: str, sender: str = "karim.tazerout@medecin.mssante.example") -> bytes:
    """A person's words."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = sender, "passerelle@cpts-vesle.mssante.example"
    mail["Subject"] = "Re: Lettre d'adressage"
    mail["Message-ID"] = f"<{uuid4().hex}@medecin.mssante.example>"
    mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0100"
    mail["In-Reply-To"] = original
    mail.set_content(text)
    return mail.as_bytes()


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def attachments(content: bytes) -> Mapping[str, bytes]:
    """File name → bytes."""
    found = {}
    for part in parsed(content).iter_attachments():
        inside = part.get_payload(decode=True)
        found[part.get_filename() or ""] = inside if isinstance(inside, bytes) else b""
    return found


def header(content: bytes, name: str) -> str:
    return " ".join(str(parsed(content)[name]).split())


def unzipped(archive: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def with_archive(content: bytes, archive: bytes | None) -> bytes:
    """The mail with another archive; None: without any."""
    mail = parsed(content)
    kept = [part for part in mail.iter_attachments() if part.get_filename() != "IHE_XDM.zip"]
    text = mail.get_body()
    assert text is not None
    words = text.get_content()
    mail.clear_content()
    mail.set_content(words)
    if archive is not None:
        mail.add_attachment(archive, maintype="application", subtype="zip", filename="IHE_XDM.zip")
    for part in kept:
        inside = part.get_payload(decode=True)
        assert isinstance(inside, bytes)
        mail.add_attachment(inside, maintype="application", subtype="pdf", filename=part.get_filename())
    return mail.as_bytes(policy=policy.SMTP)


def with_changed_files(content: bytes, change: Callable[[Files], object]) -> bytes:
    """The mail with its archive's files changed; size and hash of the first document are made right again."""
    files = unzipped(attachments(content)["IHE_XDM.zip"])
    change(files)
    if METADATA in files and DOCUMENT in files:
        files[METADATA] = _described(files[METADATA], files[DOCUMENT])
    return with_archive(content, zipped(files))


def _described(metadata: bytes, document: bytes) -> bytes:
    values = {b"hash": hashlib.sha1(document).hexdigest(), b"size": str(len(document))}
    for name, value in values.items():
        slot = rb'(<(?:\w+:)?Slot name="' + name + rb'">\s*<(?:\w+:)?ValueList>\s*<(?:\w+:)?Value>)[^<]*'
        metadata, count = re.subn(slot, rb"\g<1>" + value.encode(), metadata)
        assert count, name
    return metadata


def without_header(content: bytes, name: str) -> bytes:
    """The mail without one of its (unfolded) headers."""
    return re.sub(rb"(?im)^" + name.encode() + rb":[^\r\n]*\r\n", b"", content, count=1)
