"""The Message-ID of raw bytes, for the journal: a mail is stored before anything tries to understand it."""

import re
from typing import Final

_HEADERS_END: Final = re.compile(rb"\r?\n\r?\n")
_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_MAX_HEADER_BYTES: Final = 1_000_000


def message_id_of(content: bytes) -> str:
    """The first Message-ID in the headers; empty where there is none.

    >>> message_id_of(b"Subject: x\\r\\nMessage-ID: <a@b.example>\\r\\n\\r\\nMessage-ID: <c@d.example>")
    '<a@b.example>'
    """
    headers = _HEADERS_END.split(content[:_MAX_HEADER_BYTES], 1)[0]
    found = _MESSAGE_ID.search(headers)
    return found[1].decode("ascii", "replace") if found else ""
