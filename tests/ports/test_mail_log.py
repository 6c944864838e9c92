"""Contract of the port MailLog: what is known need not be fetched, what is done may be flagged."""

import pytest

from gateway.journal import NewWork, Next, StepResult, WorkKind
from gateway.model import ItemId, MailAddress
from gateway.store import Store
from tests.ports.stores import LEASE_SECONDS, MAILBOX, NOON, inward_mail, new_mail

DONE = StepResult(Next.DONE)


def finish_all(store: Store, result: StepResult) -> None:
    for claim in store.queue.claim(10, LEASE_SECONDS):
        store.queue.finish(claim, result)


@pytest.mark.parametrize(
    ("mailbox", "uid_validity", "uid", "is_known"),
    [(MAILBOX, 7, 1, True), (MAILBOX, 7, 2, False), (MAILBOX, 8, 1, False), (MailAddress("other@x"), 7, 1, False)],
)
def test_a_mail_is_known_by_its_place(store: Store, mailbox, uid_validity, uid, is_known):
    store.intake.accept(inward_mail("m", new_mail("m", uid=1)))
    assert store.mail_log.is_known(mailbox, uid_validity, uid) is is_known


@pytest.mark.parametrize("uid", [0, 2**31, 2**32 - 1])
def test_every_uid_that_imap_allows_can_be_kept(store: Store, uid):
    store.intake.accept(inward_mail("m", new_mail("m", uid=uid)))
    assert store.mail_log.is_known(MAILBOX, 7, uid)


@pytest.mark.parametrize(("result", "done"), [(Next.DONE, {1}), (Next.AGAIN, set()), (Next.PARKED, set())])
def test_a_mail_is_done_when_its_work_has_ended(store: Store, result, done):
    store.intake.accept(inward_mail("m", new_mail("m", uid=1)))
    assert store.mail_log.done(MAILBOX, 7) == frozenset()
    finish_all(store, StepResult(result))
    assert store.mail_log.done(MAILBOX, 7) == done


def test_a_mail_that_a_person_gave_up_is_done(store: Store):
    store.intake.accept(inward_mail("m", new_mail("m", uid=1)))
    finish_all(store, StepResult(Next.PARKED))
    store.parking.skip(ItemId("m"))
    assert store.mail_log.done(MAILBOX, 7) == {1}


def test_work_of_another_kind_does_not_keep_a_mail_from_being_done(store: Store):
    store.intake.accept(inward_mail("m", new_mail("m", uid=1)))
    onward = NewWork(ItemId("onward"), ItemId("m"), WorkKind.DELIVERY, ItemId("d"), "onward", NOON)
    finish_all(store, StepResult(Next.DONE, (onward,)))
    assert store.mail_log.done(MAILBOX, 7) == {1}


def test_a_second_copy_of_a_mail_is_done_with_the_first(store: Store):
    store.intake.accept(inward_mail("m1", new_mail("m1", uid=1)))
    store.intake.accept(inward_mail("m2", new_mail("m2", uid=5)))
    assert store.mail_log.done(MAILBOX, 7) == frozenset()
    finish_all(store, DONE)
    assert store.mail_log.done(MAILBOX, 7) == {1, 5}
    assert store.mail_log.done(MAILBOX, 8) == frozenset()
    assert store.mail_log.done(MailAddress("other@x"), 7) == frozenset()
