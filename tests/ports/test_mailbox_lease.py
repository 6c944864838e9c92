"""Contract of the port MailboxLease: one reader per mailbox, whatever process it lives in."""

import time
from concurrent.futures import ThreadPoolExecutor

from gateway.model import MailAddress
from tests.ports.stores import MAILBOX

OTHER = MailAddress("direction@cpts-reims.mssante.example")


def test_one_of_several_gets_its_turn_and_keeps_it(open_handle):
    stores = [open_handle() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        turns = list(pool.map(lambda store: store.mailbox_lease.acquire(MAILBOX, 60), stores))
    assert sorted(turns) == [False, False, False, True]
    assert [store.mailbox_lease.acquire(MAILBOX, 60) for store in stores] == turns


def test_each_mailbox_has_its_own_turn(open_handle):
    one, other = open_handle(), open_handle()
    assert one.mailbox_lease.acquire(MAILBOX, 60)
    assert other.mailbox_lease.acquire(OTHER, 60)


def test_a_turn_given_back_is_taken_at_once(open_handle):
    one, other = open_handle(), open_handle()
    assert one.mailbox_lease.acquire(MAILBOX, 60)
    one.mailbox_lease.release(MAILBOX)
    assert other.mailbox_lease.acquire(MAILBOX, 60)


def test_giving_back_what_another_has_changes_nothing(open_handle):
    one, other = open_handle(), open_handle()
    assert one.mailbox_lease.acquire(MAILBOX, 60)
    other.mailbox_lease.release(MAILBOX)
    assert not other.mailbox_lease.acquire(MAILBOX, 60)


def test_the_turn_of_one_that_is_silent_ends_with_its_lease(open_handle, clock):
    one, other = open_handle(), open_handle()
    assert one.mailbox_lease.acquire(MAILBOX, 0.001)
    clock.advance(1)
    assert other.mailbox_lease.acquire(MAILBOX, 60)
    assert not one.mailbox_lease.acquire(MAILBOX, 60)


def test_asking_again_makes_the_turn_longer(open_handle, clock):
    """The lease is so short that the wall clock has passed its third before the second question."""
    one, other = open_handle(), open_handle()
    for _ in range(3):
        assert one.mailbox_lease.acquire(MAILBOX, 0.003)
        clock.advance(0.002)
        time.sleep(0.002)
    assert not other.mailbox_lease.acquire(MAILBOX, 60)
