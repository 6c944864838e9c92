"""DSN, MDN and KO mails, in whatever order they come: the state that they lead to, and what the trace keeps of them."""

import pytest

from tests import mails
from tests.flows.bench import Bench
from tests.flows.test_deliver import standing
from tests.referrals import fresh

DSN_OK, DSN_KO = "02-dsn-success", "03-dsn-failure"
PROCESSED, DISPLAYED = "04-mdn-processed", "05-mdn-displayed-by-a-person"
ERROR_NEW, ERROR_OLD = "06-mdn-error-new-grammar", "07-mdn-error-older-grammar"


def sent_and_silent(bench: Bench) -> str:
    """A sent letter whose own DSN has been read, so that the next receipts are the test's."""
    task = bench.sent(fresh())
    bench.read()
    return task


@pytest.mark.parametrize(
    ("receipts", "state", "status"),
    [
        ([PROCESSED], "integrated", "received"),
        ([DISPLAYED], "read", "received"),
        ([ERROR_NEW], "rejected-by-software", "failed"),
        ([ERROR_OLD], "rejected-by-software", "failed"),
        ([DISPLAYED, PROCESSED], "integrated", "received"),
        ([PROCESSED, DISPLAYED], "integrated", "received"),
        ([PROCESSED, DSN_KO], "integrated", "received"),
        ([PROCESSED, ERROR_NEW], "integrated", "received"),
        ([DISPLAYED, DSN_OK], "read", "received"),
        ([ERROR_NEW, PROCESSED], "integrated", "received"),
        ([PROCESSED, PROCESSED], "integrated", "received"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_receipts_lead_to_a_state_in_any_order(bench: Bench, receipts: list[str], state: str, status: str) -> None:
    task = sent_and_silent(bench)
    for name in receipts:
        message = bench.receive(mails.reply(name, bench.mail_id(task)))
        assert message.kind.startswith("receipt-")
        assert bench.work_of(message.id) == [("done", None)]
        assert message.thread == task
    assert standing(bench.task(task)) == (status, "delivered" if status == "received" else "delivery-failed", state)


def test_a_refusal_by_software_tells_its_ans_code_and_its_words(bench: Bench) -> None:
    task = sent_and_silent(bench)
    bench.receive(mails.reply(ERROR_NEW, bench.mail_id(task)))
    assert bench.facts(task, "rejected-by-software")["code"] == "902"
    assert bench.task(task)["statusReason"]["text"]


def test_a_late_success_corrects_a_failure_and_says_so(bench: Bench) -> None:
    task = sent_and_silent(bench)
    bench.receive(mails.reply(ERROR_NEW, bench.mail_id(task)))
    bench.receive(mails.reply(PROCESSED, bench.mail_id(task)))
    assert bench.trace(task)[-3:] == ["rejected-by-software", "corrected", "integrated"]
    assert "statusReason" not in bench.task(task)


def test_a_receipt_without_effect_stays_in_the_trace(bench: Bench) -> None:
    task = sent_and_silent(bench)
    for name in (PROCESSED, DSN_OK):
        bench.receive(mails.reply(name, bench.mail_id(task)))
    assert bench.trace(task)[-1] == "receipt-ignored"
    assert bench.facts(task, "receipt-ignored")["report"] == "dsn delivered"


def test_a_ko_written_as_an_ordinary_mail_counts_like_an_mdn(bench: Bench) -> None:
    task = sent_and_silent(bench)
    message = bench.receive(mails.reply("08-ko-ordinary-mail", bench.mail_id(task)))
    assert message.kind == "receipt-ko"
    assert bench.state(task) == "rejected-by-software"


def test_a_receipt_from_another_box_is_taken_and_said_to_be_forwarded(bench: Bench) -> None:
    task = sent_and_silent(bench)
    receipt = mails.reply(PROCESSED, bench.mail_id(task))
    other = b"Final-Recipient: rfc822;secretariat@medecin.mssante.example"
    bench.receive(receipt.replace(b"Final-Recipient: rfc822;karim.tazerout@medecin.mssante.example", other))
    assert bench.state(task) == "integrated"
    assert bench.facts(task, "integrated")["forwarded"] == "yes"


def test_the_archive_that_a_receipt_gives_back_is_not_a_new_document(bench: Bench) -> None:
    task = sent_and_silent(bench)
    before = bench.rows()["resource"]
    bench.receive(mails.reply(PROCESSED, bench.mail_id(task)))
    assert bench.rows()["resource"] == before


def test_an_answer_is_never_undone_by_a_receipt(bench: Bench) -> None:
    task = sent_and_silent(bench)
    bench.receive(mails.reply(mails.WITH_DOCUMENT, bench.mail_id(task)))
    bench.receive(mails.reply(ERROR_NEW, bench.mail_id(task)))
    status, business, state = standing(bench.task(task))
    assert (status, business, state) == ("in-progress", "interim-report", "rejected-by-software")
