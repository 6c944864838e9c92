"""What was promised against what is there: pure, so that it can be shown to catch each fault without a kill.

Lost: accepted and no mail; a reply without its effect. Phantom: a mail that nothing accepted asks for. Doubled: two
Message-IDs for one delivery, two effects of one reply, or a second copy although the outcome of the first was known.
Other: the journal and the mailboxes tell different stories, or something did not come to rest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.sandbox.partners import Deed
from reliability.observe import Seen
from reliability.software import Posted
from reliability.world import Reply


class Fault(StrEnum):
    LOST = "lost"
    PHANTOM = "phantom"
    DOUBLED = "doubled"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise, by the ids that name it."""

    fault: Fault
    what: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class TaskView:
    """A Task as its sender reads it in the end."""

    state: str
    """Of its mail."""
    answers: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that is compared."""

    posted: list[Posted]
    seen: Seen
    replies: list[Reply]
    tasks: dict[str, TaskView]
    windows: Mapping[str, int]
    """Message-ID → at how many kills its outcome was unknown: so many further copies may exist."""
    answered_otherwise: tuple[str, ...] = ()
    """Markers of requests that were answered otherwise when they were sent again."""
    done_again: frozenset[str] = frozenset()
    """Message-IDs of deliveries that came into being when the same requests were sent again."""

    @property
    def accepted(self) -> dict[str, Posted]:
        return {one.marker: one for one in self.posted if one.is_accepted}


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: tuple[Finding, ...]
    copies: tuple[str, ...]
    """Message-IDs that arrived again, once per further copy, after an unknown outcome."""

    def count(self, fault: Fault) -> int:
        return sum(finding.fault is fault for finding in self.findings)


def judge(facts: Facts) -> Verdict:
    """Compare."""
    checks = (
        _letters,
        _journaled_mails,
        _fetched,
        _phantoms,
        _doubles,
        _copies,
        _same_bytes,
        _answers,
        _passed_on,
        _states,
        _rest,
    )
    copies = (m for m, further in _further_copies(facts).items() for _ in range(min(further, facts.windows.get(m, 0))))
    return Verdict(tuple(finding for check in checks for finding in check(facts)), tuple(copies))


def _letters(facts: Facts) -> Iterator[Finding]:
    arrived = {mark for arrival in facts.seen.arrivals for mark in arrival.marks}
    for marker, one in facts.accepted.items():
        if marker not in arrived:
            yield _finding(Fault.LOST, f"{marker}: answered 200, no mail", marker, one.task)


def _journaled_mails(facts: Facts) -> Iterator[Finding]:
    """Whatever the journal has taken on, answered or not: letters of software that gave up, replies passed on."""
    arrived = {(arrival.message_id, arrival.mailbox) for arrival in facts.seen.arrivals}
    answered = {one.task for one in facts.accepted.values()}
    for message_id, row in facts.seen.deliveries.items():
        if (message_id, row.mailbox.lower()) not in arrived and row.message not in answered:
            yield _finding(Fault.LOST, f"{row.message}: journaled as {row.state}, no mail", row.message, message_id)


def _fetched(facts: Facts) -> Iterator[Finding]:
    """Whatever lies in our mailbox is in the journal: also a receipt that another one has overtaken since."""
    for message_id in facts.seen.unread:
        yield _finding(Fault.LOST, f"{message_id}: in our mailbox and never journaled", message_id)


def _phantoms(facts: Facts) -> Iterator[Finding]:
    known = facts.accepted.keys() | {reply.token for reply in facts.replies}
    for arrival in facts.seen.arrivals:
        if arrival.message_id not in facts.seen.deliveries and not arrival.marks & known:
            what = f"{arrival.message_id}: nothing accepted asks for it"
            yield _finding(Fault.PHANTOM, what, arrival.message_id, *arrival.marks)


def _doubles(facts: Facts) -> Iterator[Finding]:
    mails: dict[str, set[str]] = defaultdict(set)
    for arrival in facts.seen.arrivals:
        for mark in arrival.marks:
            mails[mark].add(arrival.message_id)
    for mark, message_ids in mails.items():
        if len(message_ids) > 1:
            yield _finding(Fault.DOUBLED, f"{mark}: {len(message_ids)} Message-IDs", mark, *message_ids)
    for message_id in facts.done_again:
        yield _finding(Fault.DOUBLED, f"{message_id}: made by a request sent again", message_id)


def _copies(facts: Facts) -> Iterator[Finding]:
    for message_id, further in _further_copies(facts).items():
        if further > facts.windows.get(message_id, 0):
            yield _finding(Fault.DOUBLED, f"{message_id}: sent again although its outcome was known", message_id)


def _same_bytes(facts: Facts) -> Iterator[Finding]:
    """What is sent again is the same mail, not only the same Message-ID."""
    contents: dict[str, set[str]] = defaultdict(set)
    for arrival in facts.seen.arrivals:
        contents[arrival.message_id].add(arrival.sha256)
    for message_id, digests in contents.items():
        if len(digests) > 1:
            yield _finding(Fault.DOUBLED, f"{message_id}: sent again with another content", message_id)


def _further_copies(facts: Facts) -> dict[str, int]:
    arrived = Counter((arrival.mailbox, arrival.message_id) for arrival in facts.seen.arrivals)
    return {message_id: count - 1 for (_, message_id), count in arrived.items() if count > 1}


def _answers(facts: Facts) -> Iterator[Finding]:
    """One effect per reply, as the sender's software reads it in the Task."""
    for about, deeds in _deeds(facts).items():
        row = facts.seen.deliveries.get(about)
        task = facts.tasks.get(row.message) if row else None
        for deed, found in ((Deed.ANSWERED_WITH_DOCUMENT, "answers"), (Deed.REPLIED, "texts")):
            outputs: tuple[str, ...] = getattr(task, found) if task else ()
            names = (about, row.message if row else "")
            if len(set(outputs)) < deeds[deed]:
                yield _finding(Fault.LOST, f"{about}: {deeds[deed]} {found} sent, {len(set(outputs))} told", *names)
            if len(outputs) > deeds[deed]:
                yield _finding(Fault.DOUBLED, f"{about}: {deeds[deed]} {found} sent, {len(outputs)} told", *names)


def _passed_on(facts: Facts) -> Iterator[Finding]:
    """A reply in plain words also reaches the requester's own mailbox."""
    arrived = {mark for arrival in facts.seen.arrivals for mark in arrival.marks}
    for reply in facts.replies:
        if reply.token and reply.token not in arrived:
            yield _finding(Fault.LOST, f"{reply.token}: not passed on", reply.token, reply.about)


def _states(facts: Facts) -> Iterator[Finding]:
    """The journal's last word on each delivery is the strongest receipt that its colleague gave."""
    deeds = _deeds(facts)
    for message_id, row in facts.seen.deliveries.items():
        told = deeds.get(message_id, Counter())
        expected = "integrated" if told[Deed.REPORTED_PROCESSED] else "read" if told[Deed.CONFIRMED_READING] else None
        task = facts.tasks.get(row.message)
        states = {row.state} | ({task.state} if task else set())
        if states != {expected or "delivered"}:
            what = f"{message_id}: {' / '.join(sorted(states))} instead of {expected or 'delivered'}"
            yield _finding(Fault.OTHER, what, message_id, row.message)


def _rest(facts: Facts) -> Iterator[Finding]:
    for state in ("todo", "doing", "parked"):
        for message in facts.seen.work.get(state, []):
            yield _finding(Fault.OTHER, f"{message}: work left as {state}", message)
    for message_id in facts.seen.unflagged:
        yield _finding(Fault.OTHER, f"{message_id}: never flagged as done with", message_id)
    for marker in facts.answered_otherwise:
        yield _finding(Fault.OTHER, f"{marker}: sent again and answered otherwise", marker)
    for one in facts.posted:
        if not one.is_accepted and not one.given_up:
            yield _finding(Fault.OTHER, f"{one.marker}: answered {one.status}", one.marker)


def _deeds(facts: Facts) -> dict[str, "Counter[Deed]"]:
    """What colleagues sent back, by the mail that it is about."""
    found: dict[str, Counter[Deed]] = defaultdict(Counter)
    for reply in facts.replies:
        found[reply.about][reply.deed] += 1
    return found


def _finding(fault: Fault, what: str, *names: str | None) -> Finding:
    return Finding(fault, what, frozenset(name for name in names if name))
