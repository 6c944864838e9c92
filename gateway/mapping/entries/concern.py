"""The concern act around a problem or an allergy: whether it still matters, and since when.

It says again what the observation inside says, for readers that look no further. From others, its status is the
clinical status when the observation has none.
Source: IHE PCC TF-2, Concern Entry 1.3.6.1.4.1.19376.1.5.3.1.4.5.1 (`high` just when completed or aborted).
"""

from collections.abc import Sequence

from lxml import etree

from gateway.mapping.entries import statements
from gateway.mapping.entries.entry import Writing
from gateway.mapping.parts import dates
from gateway.mapping.source import Element, Node
from gateway.model import Oid
from gateway.mssante.format.build import add, unknown

_PAST = frozenset({"inactive", "remission", "resolved"})
_STATUS = {"active": "active", "suspended": "active", "completed": "inactive", "aborted": "inactive"}
"""A concern that is over says no more than `inactive`; a suspended one was never said to be over."""


def to_cda(
    entry: etree._Element,
    templates: Sequence[Oid],
    resource: Element,
    writing: Writing,
    *,
    status: str | None,
    start: Element,
    end: Element | None = None,
) -> etree._Element:
    """Add the act; returns the `entryRelationship` that takes the observation."""
    over = status in _PAST or (status is None and _has_ended(resource))
    act = statements.start(entry, "act", "ACT", templates)
    add(act, "id", root=writing.id(resource, "concern"))
    add(act, "code", nullFlavor="NA")
    add(act, "statusCode", code="completed" if over else "active")
    time = add(act, "effectiveTime")
    _bound(time, "low", start)
    if over:
        _bound(time, "high", end)
    return statements.related(act, "SUBJ", "false")


def _has_ended(resource: Element) -> bool:
    return isinstance(resource.value, dict) and any(name.startswith("abatement") for name in resource.value)


def _bound(time: etree._Element, name: str, value: Element | None) -> None:
    """The bound of a concern, told without claiming: the observation claims it."""
    written = dates.to_cda(value.peek() or "") if value else None
    if written:
        add(time, name, value=written)
    else:
        unknown(time, name)


# --- to FHIR -----------------------------------------------------------------------------------------------------


def is_readable(act: Node) -> bool:
    """Whether the concern is a plain fact about the patient."""
    return statements.is_plain(act) and not statements.is_denied(act)


def status(act: Node) -> str | None:
    """The clinical status that the concern says, guessed where it is not `active`. Claims the act's frame."""
    statements.frame(act)
    statements.fixed(act["code"])
    act.attribute("negationInd", "negation")
    code = act["statusCode"].peek("code")
    found = _STATUS.get(code or "")
    if found:
        act["statusCode"].attribute("code", "concern-status")
    if found and code != "active":
        act.ledger.guess("clinicalStatus", "concern-status")
    return found


def told_status(observation: Node, status: str | None) -> str | None:
    """The status that the concern tells. What has an end is not active, whatever the concern says."""
    if status in (None, "active") and observation["effectiveTime/high"].exists:
        observation.ledger.guess("clinicalStatus", "problem-has-an-end")
        return "inactive"
    return status


def claim_times(act: Node, observation: Node) -> None:
    """Claim the bounds of a concern that say what the observation says, or nothing."""
    for name in ("low", "high"):
        bound, told = act["effectiveTime"][name], observation["effectiveTime"][name]
        bound.implied("concern-time-unknown", "nullFlavor")
        if bound.peek("value") and bound.peek("value") == told.peek("value"):
            bound.attribute("value", "concern-time-as-problem")
