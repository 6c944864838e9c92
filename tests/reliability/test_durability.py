"""Reading a trace: the log must be written and then fsynced, after the request and before the answer."""

import pytest

from reliability.durability import syncs_before_answer

ASK = '7 1 recvfrom(9, "POST /fhir/$process-message HTTP"..., 262144, 0, NULL, NULL) = 180'
WRITE = '8 2 pwrite64(4</d/gateway.db-wal>, "\\0\\0"..., 24, 461472) = 24'
SYNC = "8 3 fdatasync(4</d/gateway.db-wal>) = 0"
BEGIN_SYNC = "8 3 fdatasync(4</d/gateway.db-wal> <unfinished ...>"
END_SYNC = "8 3 <... fdatasync resumed>) = 0"
OTHER_END = "5 3 <... fdatasync resumed>) = 0"
ANSWER = '7 4 sendto(9, "HTTP/1.1 200 OK\\r\\n"..., 200, 0, NULL, 0) = 200'


@pytest.mark.parametrize(
    "lines",
    [
        [ASK, WRITE, SYNC, ANSWER],
        [ASK, WRITE, WRITE, SYNC, WRITE, ANSWER],
        [ASK, WRITE, BEGIN_SYNC, END_SYNC, ANSWER],
    ],
)
def test_a_commit_that_is_on_the_disk_before_its_answer(lines: list[str]) -> None:
    assert syncs_before_answer(lines)


@pytest.mark.parametrize(
    "lines",
    [
        [ASK, WRITE, ANSWER, SYNC],
        [ASK, SYNC, WRITE, ANSWER],
        [WRITE, SYNC, ASK, ANSWER],
        [ASK, ANSWER, WRITE, SYNC],
        [ASK, WRITE, BEGIN_SYNC, ANSWER, END_SYNC],
        [ASK, WRITE, BEGIN_SYNC, OTHER_END, ANSWER],
        [ASK, WRITE, SYNC],
        [],
    ],
)
def test_a_commit_that_may_not_be_on_the_disk_before_its_answer(lines: list[str]) -> None:
    assert not syncs_before_answer(lines)
