"""What becomes of a mail: taken, put off, turned down, nobody knows; and what the sender's Task says of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.sandbox.postmaster import Fate
from tests import mails
from tests.flows.bench import Bench
from tests.peers.gateways import WITH_SOFTWARE
from tests.referrals import fresh, only


@pytest.fixture
def karim(bench: Bench) -> Iterator[str]:
    """The recipient of 01-plain, whose mailbox is well again at the end."""
    yield WITH_SOFTWARE
    bench.operator.set_fate(WITH_SOFTWARE, Fate.DELIVERED)


def standing(task: Any) -> tuple[str, str, str]:
    """(Task.status, business status, state of its mail)."""
    state = next((e["valueCode"] for e in task.get("extension", [])), "")
    return task["status"], task["businessStatus"]["coding"][0]["code"], state


def test_a_mail_that_is_taken_is_sent_then_delivered_by_its_dsn(bench: Bench) -> None:
    task = bench.sent(fresh())
    assert standing(bench.task(task)) == ("requested", "submitted", "sent")
    bench.read()
    assert standing(bench.task(task)) == ("received", "delivered", "delivered")
    assert bench.trace(task) == ["accepted", "addressed", "prepared", "sent", "delivered"]


def test_each_version_of_the_task_follows_the_last(bench: Bench) -> None:
    task = bench.accepted(fresh())
    versions = [bench.task(task)["meta"]["versionId"]]
    for step in (bench.work, bench.read):
        step()
        versions.append(bench.task(task)["meta"]["versionId"])
    assert versions == ["1", "2", "3"]


def test_a_busy_mailbox_is_tried_again_with_the_same_message_id(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.REFUSED_FOR_NOW)
    task = bench.sent(fresh())
    first = bench.mail_id(task)
    assert bench.state(task) == "retrying"
    assert bench.facts(task, "put-off")["code"] == "smtp-temporary"
    bench.work()
    assert bench.trace(task).count("put-off") == 1  # not before its time
    bench.operator.set_fate(karim, Fate.DELIVERED)
    bench.clock.move(minutes=2)
    bench.work()
    assert bench.state(task) == "sent"
    assert bench.mail_id(task) == first
    assert [m for m in bench.arrived(karim) if mails.header(m, "Message-ID") == first]


def test_what_cannot_be_handed_over_in_its_lifetime_is_told_as_expired(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.REFUSED_FOR_NOW)
    task = bench.sent(fresh(change=lambda b: only(b, "Task").update(priority="stat")))
    bench.clock.move(minutes=31)
    bench.work()
    assert standing(bench.task(task)) == ("failed", "expired", "expired")
    assert bench.task(task)["statusReason"]["text"]
    assert bench.work_of(task) == [("done", "smtp-temporary")]


def test_a_returned_mail_is_told_as_undeliverable_with_its_code(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.FAILED)
    task = bench.sent(fresh())
    bench.read()
    assert standing(bench.task(task)) == ("failed", "delivery-failed", "undeliverable")
    assert "statusReason" in bench.task(task)
    assert bench.facts(task, "undeliverable")["code"] == "5.2.2"


def test_a_delayed_mail_is_noted_and_arrives_in_the_end(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.DELAYED)
    task = bench.sent(fresh())
    bench.read()
    assert bench.state(task) == "sent"
    assert bench.trace(task)[-1] == "delayed"
    bench.operator.set_fate(karim, Fate.DELIVERED)
    bench.read()
    assert bench.state(task) == "delivered"


def test_after_a_lost_connection_nobody_knows_until_a_receipt_says(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.CUT_AFTER_DATA)
    task = bench.sent(fresh())
    assert bench.state(task) == "outcome-unknown"
    assert bench.work_of(task)[0][0] == "done"  # not sent again in the dark
    bench.read()
    assert bench.state(task) == "delivered"


def test_a_mail_that_was_lost_stays_unknown_and_is_not_sent_twice(bench: Bench, karim: str) -> None:
    before = len(bench.arrived(karim))
    bench.operator.set_fate(karim, Fate.LOST_AFTER_DATA)
    task = bench.sent(fresh())
    bench.clock.move(hours=1)
    bench.read()
    assert bench.state(task) == "outcome-unknown"
    assert len(bench.arrived(karim)) == before


def test_while_the_operator_is_away_everything_waits(bench: Bench) -> None:
    bench.operator.disconnect_all()
    task = bench.sent(fresh())
    assert bench.state(task) in ("sent", "retrying")
    bench.clock.move(minutes=2)
    bench.work()
    assert bench.state(task) == "sent"


def test_letters_about_one_patient_to_one_colleague_stay_in_order(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.REFUSED_FOR_NOW)
    tasks = [bench.accepted(fresh()) for _ in range(3)]
    bench.work()
    assert [bench.state(task) for task in tasks] == ["retrying", "received", "received"]
    bench.operator.set_fate(karim, Fate.DELIVERED)
    bench.clock.move(minutes=5)
    bench.work()
    arrived = [mails.header(mail, "Message-ID") for mail in bench.arrived(karim)]
    assert arrived[-3:] == [bench.mail_id(task) for task in tasks]


def test_an_urgent_letter_does_not_wait_for_a_routine_one(bench: Bench, karim: str) -> None:
    bench.operator.set_fate(karim, Fate.REFUSED_FOR_NOW)
    routine = bench.sent(fresh())
    bench.operator.set_fate(karim, Fate.DELIVERED)
    urgent = bench.sent(fresh(change=lambda b: only(b, "ServiceRequest").update(priority="stat")))
    assert (bench.state(routine), bench.state(urgent)) == ("retrying", "sent")
    bench.clock.move(minutes=2)
    bench.work()


def test_a_domain_struck_off_the_list_gets_no_mail(bench: Bench) -> None:
    task = bench.accepted(fresh())
    bench.operator.space.remove("medecin.mssante.example")
    try:
        bench.work()
        assert bench.state(task) == "quarantined"
        assert bench.work_of(task)[0][0] == "parked"
        refused = bench.post(fresh())
        assert refused.status == 422
    finally:
        bench.operator.space.add("medecin.mssante.example")
