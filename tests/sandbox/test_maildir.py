import mailbox
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox.maildir import LETTERS, Mailbox, PostOffice, TooManyKeywords

FLAGS = st.frozensets(st.sampled_from([*LETTERS, "$CptsDone", "$Other"]))


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox("a@b.example", tmp_path / "box")


def test_bytes_are_kept_exactly(box: Mailbox) -> None:
    content = b"A: b\r\n\r\nbare\nlines\rand \x00\xff bytes\r\n"
    assert box.deliver(content).content == content


def test_uids_grow_and_are_never_given_twice_even_after_a_restart(box: Mailbox) -> None:
    first, second = box.deliver(b"1"), box.deliver(b"2")
    again = Mailbox(box.address, box.folder)
    assert [mail.uid for mail in again.mails()] == [first.uid, second.uid] == [1, 2]
    assert again.deliver(b"3").uid == 3
    assert again.uid_validity == box.uid_validity


def test_flags_and_keywords_survive_a_restart(box: Mailbox) -> None:
    box.deliver(b"1")
    box.add_flags(1, "\\Seen", "$CptsDone")
    again = Mailbox(box.address, box.folder)
    assert again.mail(1).flags == {"\\Seen", "$CptsDone"}
    assert again.mail(1).content == b"1"


def test_a_mail_that_was_flagged_since_can_still_be_read(box: Mailbox) -> None:
    before = box.deliver(b"1")
    box.add_flags(1, "\\Seen")
    assert before.content == b"1"


def test_a_mail_that_a_crash_left_without_number_gets_the_next_one(box: Mailbox) -> None:
    box.deliver(b"1")
    (box.folder / "new" / "1700000000.M1P1Q1.elsewhere").write_bytes(b"2")
    again = Mailbox(box.address, box.folder)
    assert [(mail.uid, mail.content) for mail in again.mails()] == [(1, b"1"), (2, b"2")]


def test_another_program_can_read_the_maildir(box: Mailbox) -> None:
    box.deliver(b"Subject: x\r\n\r\ny\r\n", ["\\Seen"])
    stranger = mailbox.Maildir(str(box.folder), create=False)
    ((_, message),) = stranger.items()
    assert (message["Subject"], message.get_flags()) == ("x", "S")


def test_watchers_are_told_until_they_stop_watching(box: Mailbox) -> None:
    told: list[int] = []
    unwatch = box.watch(lambda: told.append(box.mails()[-1].uid))
    box.deliver(b"1")
    unwatch()
    box.deliver(b"2")
    assert told == [1]


def test_no_more_keywords_than_letters(box: Mailbox) -> None:
    box.deliver(b"1", [f"$K{n}" for n in range(26)])
    with pytest.raises(TooManyKeywords):
        box.add_flags(1, "$OneMore")


def test_addresses_are_found_in_any_case(tmp_path: Path) -> None:
    office = PostOffice(tmp_path, ["Odile.Brassenne@medecin.mssante.example"])
    assert office.find("ODILE.brassenne@Medecin.mssante.example") is not None
    assert office.find("nobody@medecin.mssante.example") is None


@settings(max_examples=25)  # each example syncs files to the disk
@given(given_flags=st.lists(FLAGS, min_size=1, max_size=4))
def test_the_last_flags_given_are_the_flags(
    tmp_path_factory: pytest.TempPathFactory, given_flags: list[frozenset[str]]
) -> None:
    folder = tmp_path_factory.mktemp("box")
    box = Mailbox("a@b.example", folder)
    uid = box.deliver(b"x").uid
    for flags in given_flags:
        box.change_flags(uid, lambda _present, flags=flags: flags)
    assert box.mail(uid).flags == Mailbox("a@b.example", folder).mail(uid).flags == given_flags[-1]
