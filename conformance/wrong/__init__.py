"""Gateways that are wrong on purpose, each in exactly one thing: a suite that misses one proves nothing by passing.

Two kinds: a proxy in front of a right gateway changes what is answered over HTTP (`proxies`); a process of its own is
a gateway with one function replaced (`processes`), for what goes out or comes in by mail.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How the defect is made."""

    PROXY = "proxy"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong gateway, and the check that claims to catch it."""

    name: str
    kind: Kind
    caught_by: str
    defect: str


WRONGS = (
    Wrong("asks-no-token", Kind.PROXY, "access-no-token", "takes a request without a token for its client's"),
    Wrong("shows-neighbours", Kind.PROXY, "access-neighbour-reads", "shows a Task to software of another structure"),
    Wrong("refuses-in-html", Kind.PROXY, "refusal-not-json", "refuses by a web page instead of an OperationOutcome"),
    Wrong("first-problem-only", Kind.PROXY, "refusal-all-at-once", "tells the first problem and no other"),
    Wrong("quotes-the-patient", Kind.PROXY, "refusal-names-nobody", "quotes the patient's name in a refusal"),
    Wrong("accepts-unknown", Kind.PROXY, "refusal-unknown-recipient", "accepts a recipient whom nobody knows"),
    Wrong("answers-anew", Kind.PROXY, "duplicate-same", "answers a duplicate with new ids"),
    Wrong("loses-silently", Kind.PROXY, "loss-adds-up", "leaves three elements out of the receipt of loss"),
    Wrong("shuffles-timeline", Kind.PROXY, "timeline-order", "tells the timeline backwards"),
    Wrong("believes-words", Kind.PROXY, "reply-words-move-nothing", "completes the Task on a reply in free text"),
    Wrong("wrong-hash", Kind.PROCESS, "xdm-hash", "writes the hash of other bytes than those in the archive"),
    Wrong("local-time", Kind.PROCESS, "xdm-utc", "writes local time into METADATA.XML"),
    Wrong("other-pdf", Kind.PROCESS, "mail-pdf-embedded", "attaches a PDF that differs from the embedded one"),
    Wrong("always-ins", Kind.PROCESS, "mail-without-ins", "writes X-MSS-INS: O without an INS"),
    Wrong("no-delivery-receipt", Kind.PROCESS, "task-delivered", "asks for no delivery receipt"),
    Wrong("no-order", Kind.PROCESS, "reply-by-order", "joins reports by In-Reply-To only"),
    Wrong("no-thread", Kind.PROCESS, "reply-by-thread", "joins reports by order id only"),
    Wrong("trusts-subject", Kind.PROCESS, "reply-subject-untrusted", "takes the patient from the subject"),
    Wrong("trusts-metadata", Kind.PROCESS, "reply-metadata-differs", "never compares METADATA.XML with the CDA"),
    Wrong("trusts-thread", Kind.PROCESS, "reply-other-patient", "files whatever comes in a thread under its patient"),
    Wrong("refuses-silently", Kind.PROCESS, "reply-wrong-hash", "sets a mail aside without telling its sender"),
    Wrong("claims-integration", Kind.PROCESS, "reply-stored-not-integrated", "sends MDN processed when it has stored"),
    Wrong("answers-absence", Kind.PROCESS, "reply-absence-unanswered", "answers an out-of-office mail"),
    Wrong("passes-absence-on", Kind.PROCESS, "reply-absence-no-reply", "takes an out-of-office mail for a reply"),
    Wrong("one-grammar", Kind.PROCESS, "receipt-error-older", "understands the newer grammar of a failed MDN only"),
)
"""Every row is a line of the table that `python -m conformance selftest` prints."""
