"""Attached documents: of a kind that every recipient can open, and really there.

Source: docs/messages/referral-request.md (PDF, PNG, JPEG or plain text).
"""

from collections.abc import Iterator, Mapping

from gateway.fhir.format.bundle import Message
from gateway.fhir.format.elements import find
from gateway.model import Finding

MEDIA_TYPES = ("application/pdf", "image/png", "image/jpeg", "text/plain")


def check_attachments(message: Message) -> Iterator[Finding]:
    """What is wrong with the attachments of the DocumentReferences, and with the Binaries."""
    for document in message.all("DocumentReference"):
        for path, attachment in find(document.resource, document.path, "content", "attachment"):
            yield from _check_media_type(path, attachment)
            if not (attachment.get("data") or attachment.get("url")):
                yield Finding("missing-one-of", path, (("elements", "data, url"),))
    for binary in message.all("Binary"):
        yield from _check_media_type(binary.path, binary.resource)
        if not binary.resource.get("data"):
            yield Finding("missing-element", f"{binary.path}.data")


def _check_media_type(path: str, holder: Mapping[str, object]) -> Iterator[Finding]:
    media_type = str(holder.get("contentType", "")).partition(";")[0].strip().lower()
    if not media_type:
        yield Finding("missing-element", f"{path}.contentType")
    elif media_type not in MEDIA_TYPES:
        yield Finding("unsupported-attachment", f"{path}.contentType", (("allowed", ", ".join(MEDIA_TYPES)),))
