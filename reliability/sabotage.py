"""Gateways that are wrong on purpose: the harness must catch each, or its table counts for nothing."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import event

from gateway.journal import Change, Claim, NewDelivery, Remembered, StepResult
from gateway.model import MailAddress
from gateway.ports import FetchedMail, Intake, MailInbox, MailLog, MailSender, WorkQueue
from gateway.store.open import Store

COMMIT_DELAY_SECONDS = 0.5
_FIRST_SEND = 2
"""The first attempt of a work item prepares the mail, the second sends it."""


class Sabotage:
    """Nothing wrong: each port as it is."""

    def store(self, store: Store) -> Store:
        return store

    def intake(self, intake: Intake) -> Intake:
        return intake

    def queue(self, queue: WorkQueue) -> WorkQueue:
        return queue

    def sender(self, sender: MailSender) -> MailSender:
        return sender

    def inbox(self, inbox: MailInbox) -> MailInbox:
        return inbox


class CommitWithoutSync(Sabotage):
    """A commit does not wait for the disk."""

    def store(self, store: Store) -> Store:
        store._engine.dispose()
        event.listen(store._engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        return store


class AnswerBeforeCommit(Sabotage):
    """The caller reads `ok` a moment before the referral is on disk."""

    def intake(self, intake: Intake) -> Intake:
        return _LateIntake(intake)


class FreshIdOnRetry(Sabotage):
    """A mail that is sent again gets another Message-ID."""

    def __init__(self) -> None:
        self.sent_before: set[str] = set()

    def queue(self, queue: WorkQueue) -> WorkQueue:
        return _WatchedQueue(queue, self.sent_before)

    def sender(self, sender: MailSender) -> MailSender:
        return _RenamingSender(sender, self.sent_before)


class FlagBeforeJournal(Sabotage):
    """A mail is flagged as done with before it is journaled."""

    def inbox(self, inbox: MailInbox) -> MailInbox:
        return _HastyInbox(inbox)


NONE = Sabotage()
SABOTAGES: dict[str, Callable[[], Sabotage]] = {
    "commit-without-sync": CommitWithoutSync,
    "answer-before-commit": AnswerBeforeCommit,
    "fresh-id-on-retry": FreshIdOnRetry,
    "flag-before-journal": FlagBeforeJournal,
}


@dataclass(frozen=True, slots=True)
class _LateIntake:
    intake: Intake

    def recall(self, tenant: str, client: str, names: Sequence[tuple[str, str, str]]) -> Remembered | None:
        return self.intake.recall(tenant, client, names)

    def accept(self, changes: Sequence[Change]) -> Remembered | None:
        if not any(isinstance(change, NewDelivery) for change in changes):
            return self.intake.accept(changes)
        threading.Thread(target=self._commit, args=(changes,), daemon=True).start()
        return None

    def _commit(self, changes: Sequence[Change]) -> None:
        time.sleep(COMMIT_DELAY_SECONDS)
        self.intake.accept(changes)


@dataclass(frozen=True, slots=True)
class _WatchedQueue:
    queue: WorkQueue
    sent_before: set[str]

    def claim(self, slots: int, lease_seconds: float) -> list[Claim]:
        claims = self.queue.claim(slots, lease_seconds)
        self.sent_before.update(claim.subject for claim in claims if claim.attempts > _FIRST_SEND)
        return claims

    def renew(self, claim: Claim, lease_seconds: float) -> Claim | None:
        return self.queue.renew(claim, lease_seconds)

    def finish(self, claim: Claim, result: StepResult) -> bool:
        return self.queue.finish(claim, result)


@dataclass(frozen=True, slots=True)
class _RenamingSender:
    sender: MailSender
    sent_before: set[str]

    async def send(self, mail: bytes, sender: MailAddress, recipient: MailAddress, envelope_id: str) -> str:
        if envelope_id in self.sent_before:
            fresh = f"Message-ID: <{secrets.token_hex(16)}@".encode()
            mail = re.sub(rb"(?im)^Message-ID:\s*<[^@]*@", fresh, mail, count=1)
        return await self.sender.send(mail, sender, recipient, envelope_id)


@dataclass(frozen=True, slots=True)
class _HastyInbox:
    inbox: MailInbox

    def fetch_new(self, known: MailLog) -> Iterator[FetchedMail]:
        for mail in self.inbox.fetch_new(known):
            self.inbox.flag_done(mail.uid_validity, frozenset({mail.uid}))
            yield mail

    def flag_done(self, uid_validity: int, uids: frozenset[int]) -> None:
        self.inbox.flag_done(uid_validity, uids)

    def settle(self, known: MailLog) -> None:
        self.inbox.settle(known)

    def wait(self, timeout_seconds: float) -> None:
        self.inbox.wait(timeout_seconds)

    def close(self) -> None:
        self.inbox.close()
