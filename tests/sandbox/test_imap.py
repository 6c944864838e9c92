import gc
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from gateway.sandbox.authority import Authority
from gateway.sandbox.operator import Operator
from tests.sandbox.people import GATEWAY, GP, NOTE, PNEUMO, connect_imap, context_of, open_inbox, send

DONE = b"$CptsDone"


def refuses_tls(operator: Operator, context: ssl.SSLContext) -> bool:
    """In TLS 1.3 a client learns of the refusal only when it next reads."""
    imap = IMAPClient("localhost", operator.imap_port, ssl=False, timeout=5)
    try:
        imap.starttls(context)
        imap.noop()
        return False
    except (ssl.SSLError, IMAPClientError, OSError):
        return True
    finally:
        imap.shutdown()


@contextmanager
def raw_secure(operator: Operator) -> Iterator[ssl.SSLSocket]:
    """A socket behind STARTTLS."""
    with socket.create_connection(("127.0.0.1", operator.imap_port), timeout=5) as plain:
        plain.recv(200)
        assert exchange(plain, b"s STARTTLS\r\n").startswith(b"s OK")
        with context_of(operator).wrap_socket(plain, server_hostname="localhost") as secure:
            yield secure


@contextmanager
def raw_inbox(operator: Operator) -> Iterator[ssl.SSLSocket]:
    """A socket behind STARTTLS, login and SELECT, for what IMAPClient would never send."""
    with raw_secure(operator) as secure:
        assert exchange(secure, b"l AUTHENTICATE EXTERNAL =\r\n").startswith(b"l OK")
        assert b"i OK" in exchange(secure, b"i SELECT INBOX\r\n", until=b"i OK")
        yield secure


def exchange(sock: socket.socket, said: bytes, until: bytes = b"\r\n") -> bytes:
    sock.sendall(said)
    heard = b""
    while until not in heard:
        more = sock.recv(65536)
        if not more:
            break
        heard += more
    return heard


# --- TLS and login


def test_nothing_but_capability_starttls_and_logout_is_done_in_clear(operator: Operator) -> None:
    with socket.create_connection(("127.0.0.1", operator.imap_port), timeout=5) as plain:
        plain.recv(200)
        for command in (f"LOGIN {GATEWAY} x", "AUTHENTICATE EXTERNAL =", "SELECT INBOX", "NOOP", "IDLE"):
            assert exchange(plain, f"a {command}\r\n".encode()).startswith(b"a BAD")
        assert b"STARTTLS LOGINDISABLED" in exchange(plain, b"b CAPABILITY\r\n", until=b"b OK")
        assert b"* BYE" in exchange(plain, b"c LOGOUT\r\n", until=b"c OK")


def test_a_client_without_certificate_is_refused(operator: Operator) -> None:
    assert refuses_tls(operator, operator.authority.client_context(None))


def test_a_client_of_another_authority_is_refused(operator: Operator, tmp_path: Path) -> None:
    stranger = Authority.create(tmp_path / "other").client_certificate(GATEWAY)
    assert refuses_tls(operator, operator.authority.client_context(stranger))


def test_a_certificate_is_refused_from_its_revocation_on(operator: Operator) -> None:
    assert not refuses_tls(operator, context_of(operator))
    operator.revoke(operator.certificate_for(GATEWAY))
    assert refuses_tls(operator, context_of(operator))


def test_the_certificate_alone_opens_its_mailbox(operator: Operator) -> None:
    imap = connect_imap(operator)
    imap.sasl_login("EXTERNAL", lambda _challenge: b"")
    assert imap.select_folder("INBOX")[b"EXISTS"] == 0


def test_the_certificate_of_a_domain_opens_the_mailbox_that_is_named(operator: Operator) -> None:
    send(operator, recipient=PNEUMO)
    imap = connect_imap(operator, context_of(operator, "medecin.mssante.example"))
    imap.sasl_login("EXTERNAL", lambda _challenge: PNEUMO.encode())
    assert imap.select_folder("INBOX")[b"EXISTS"] == 1


def test_the_certificate_of_one_mailbox_does_not_open_another(operator: Operator) -> None:
    with pytest.raises(LoginError):
        connect_imap(operator).login(GP, operator.password_for(GP))


def test_a_wrong_password_and_an_unknown_mailbox_are_refused_alike(operator: Operator) -> None:
    for name, password in ((GATEWAY, "wrong"), ("nobody@cpts-vesle.mssante.example", ""), (GATEWAY, "")):
        with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
            connect_imap(operator).login(name, password)


def test_what_was_said_in_clear_after_starttls_is_forgotten(operator: Operator) -> None:
    with socket.create_connection(("127.0.0.1", operator.imap_port), timeout=5) as plain:
        plain.recv(200)
        plain.sendall(b"a STARTTLS\r\ninjected CAPABILITY\r\n")
        assert plain.recv(200) == b"a OK begin TLS\r\n"
        with context_of(operator).wrap_socket(plain, server_hostname="localhost") as secure:
            assert exchange(secure, b"b NOOP\r\n") == b"b OK done\r\n"


# --- reading


def test_a_mail_is_read_byte_for_byte_without_marking_it(operator: Operator) -> None:
    mail = operator.mailbox(GATEWAY).deliver(NOTE + b"bare\nline \xff\x00\r\n")
    imap = open_inbox(operator)
    ((uid, found),) = imap.fetch(imap.search("ALL"), ["BODY.PEEK[]", "RFC822.SIZE", "FLAGS", "INTERNALDATE"]).items()
    assert (uid, found[b"BODY[]"], found[b"RFC822.SIZE"]) == (1, mail.content, len(mail.content))
    assert found[b"FLAGS"] == ()
    assert abs(found[b"INTERNALDATE"].timestamp() - time.time()) < 60


def test_headers_and_parts_are_read_alone(operator: Operator) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    imap = open_inbox(operator)
    found = imap.fetch([1], ["BODY.PEEK[HEADER]", "BODY.PEEK[TEXT]", "BODY.PEEK[HEADER]<9.7>"])[1]
    assert found[b"BODY[HEADER]"] + found[b"BODY[TEXT]"] == NOTE
    assert found[b"BODY[HEADER]<9>"] == NOTE[9:16]


def test_reading_without_peek_marks_as_seen_unless_examined(operator: Operator) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    open_inbox(operator, readonly=True).fetch([1], ["BODY[]"])
    assert operator.mailbox(GATEWAY).mail(1).flags == frozenset()
    assert open_inbox(operator).fetch([1], ["BODY[]"])[1][b"FLAGS"] == (b"\\Seen",)
    assert operator.mailbox(GATEWAY).mail(1).flags == {"\\Seen"}


def test_our_keyword_is_kept_and_searched(operator: Operator) -> None:
    for _ in range(3):
        operator.mailbox(GATEWAY).deliver(NOTE)
    imap = open_inbox(operator)
    assert imap.add_flags([1, 3], [b"\\Seen", DONE]) == {1: (DONE, b"\\Seen"), 3: (DONE, b"\\Seen")}
    assert imap.search(["UNKEYWORD", DONE.decode()]) == [2]
    assert imap.search(["KEYWORD", DONE.decode(), "UID", "2:*"]) == [3]
    assert open_inbox(operator).search("UNSEEN") == [2]


@pytest.mark.parametrize(
    ("criteria", "uids"),
    [
        (["ALL"], [1, 2, 3]),
        (["SEEN"], [1]),
        (["NOT", "SEEN"], [2, 3]),
        (["UID", "1,3"], [1, 3]),
        (["UID", "9:*"], [3]),
        (["UID", "4:8"], []),
        (["OR", "SEEN", "UID", "3"], [1, 3]),
        (["UNSEEN", ["NOT", "UID", "2"]], [3]),
        (["2:3"], [2, 3]),
    ],
)
def test_searches_find_what_they_say(operator: Operator, criteria: list[object], uids: list[int]) -> None:
    box = operator.mailbox(GATEWAY)
    box.deliver(NOTE, ["\\Seen"])
    box.deliver(NOTE)
    box.deliver(NOTE)
    assert open_inbox(operator).search(criteria) == uids


def test_flags_set_in_one_session_are_searched_in_another(operator: Operator) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    one, other = open_inbox(operator), open_inbox(operator)
    one.add_flags([1], [DONE])
    assert other.search(["UNKEYWORD", DONE.decode()]) == []


def test_a_mail_that_a_session_was_not_told_of_does_not_exist_for_it(operator: Operator) -> None:
    with raw_inbox(operator) as inbox:
        operator.mailbox(GATEWAY).deliver(NOTE)
        assert (
            exchange(inbox, b"a SEARCH ALL\r\n", until=b"a OK done\r\n") == b"* SEARCH\r\n* 1 EXISTS\r\na OK done\r\n"
        )
        assert exchange(inbox, b"b SEARCH ALL\r\n", until=b"b OK done\r\n") == b"* SEARCH 1\r\nb OK done\r\n"


def test_nothing_is_changed_in_an_examined_mailbox(operator: Operator) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    with pytest.raises(IMAPClientError, match="READ-ONLY"):
        open_inbox(operator, readonly=True).add_flags([1], [DONE])


def test_a_keyword_too_many_is_refused_and_the_session_lives(operator: Operator) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    imap = open_inbox(operator)
    imap.add_flags([1], [f"$K{n}".encode() for n in range(26)])
    with pytest.raises(IMAPClientError, match="LIMIT"):
        imap.add_flags([1], [DONE])
    assert imap.search("ALL") == [1]


def test_a_mail_can_be_appended(operator: Operator) -> None:
    imap = open_inbox(operator)
    assert b"APPENDUID" in imap.append("INBOX", NOTE, flags=[b"\\Seen"])
    assert imap.search("SEEN") == [1]
    assert operator.mailbox(GATEWAY).mail(1).content == NOTE


def test_uids_and_uid_validity_hold_across_a_restart_on_the_same_ports(tmp_path: Path) -> None:
    with Operator.start(tmp_path) as first:
        first.mailbox(GATEWAY).deliver(NOTE)
        validity = open_inbox(first).select_folder("INBOX")[b"UIDVALIDITY"]
    with Operator.start(tmp_path, smtp_port=first.smtp_port, imap_port=first.imap_port) as second:
        assert (second.smtp_port, second.imap_port) == (first.smtp_port, first.imap_port)
        imap = open_inbox(second)
        assert imap.select_folder("INBOX")[b"UIDVALIDITY"] == validity
        assert imap.search("ALL") == [1]


def test_a_hundred_mails_are_told_searched_fetched_and_flagged(operator: Operator) -> None:
    imap = open_inbox(operator)
    box = operator.mailbox(GATEWAY)
    for number in range(100):
        box.deliver(b"Subject: %d\r\n\r\n" % number + b"x" * 1000)
    imap.noop()
    uids = imap.search(["UNKEYWORD", DONE.decode()])
    assert uids == list(range(1, 101))
    found = imap.fetch(uids, ["BODY.PEEK[]"])
    assert [found[uid][b"BODY[]"].split(b"\r\n")[0] for uid in uids] == [b"Subject: %d" % n for n in range(100)]
    imap.add_flags(uids[:99], [DONE], silent=True)
    assert imap.search(["UNKEYWORD", DONE.decode()]) == [100]


# --- IDLE


def test_a_mail_that_comes_by_smtp_is_pushed_within_two_seconds(operator: Operator) -> None:
    imap = open_inbox(operator)
    imap.idle()
    sending = threading.Thread(target=send, args=(operator,), kwargs={"recipient": GATEWAY})
    sending.start()
    began = time.monotonic()
    assert imap.idle_check(timeout=5) == [(1, b"EXISTS")]
    assert time.monotonic() - began < 2
    assert imap.idle_done()[0] == b"done"
    sending.join()
    assert imap.search("ALL") == [1]


def test_idle_can_be_entered_and_left_again_and_again(operator: Operator) -> None:
    imap = open_inbox(operator)
    for number in range(1, 6):
        imap.idle()
        operator.mailbox(GATEWAY).deliver(NOTE)
        assert imap.idle_check(timeout=2) == [(number, b"EXISTS")]
        imap.idle_done()
        assert imap.search("ALL") == list(range(1, number + 1))


def test_idle_is_silent_while_nothing_comes(operator: Operator) -> None:
    imap = open_inbox(operator)
    imap.idle()
    operator.mailbox(GP).deliver(NOTE)
    assert imap.idle_check(timeout=0.3) == []
    imap.idle_done()


def test_an_idle_client_notices_that_the_operator_cuts_and_may_come_back(operator: Operator) -> None:
    imap = open_inbox(operator)
    imap.idle()
    operator.disconnect_all()
    with pytest.raises((IMAPClientError, OSError)):
        imap.idle_done()
    assert open_inbox(operator).search("ALL") == []


def test_a_session_outlives_a_garbage_collection(operator: Operator) -> None:
    """asyncio holds tasks weakly: one that waited for the answer to a challenge was once collected."""
    with raw_secure(operator) as secure:
        assert exchange(secure, b"a AUTHENTICATE EXTERNAL\r\n") == b"+ \r\n"
        gc.collect()
        assert exchange(secure, b"=\r\n") == b"a OK welcome\r\n"


# --- garbage


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n",
        b"a\r\n",
        b"a FETCH\r\n",
        b"a FETCH 1\r\n",
        b"a FETCH 0 FLAGS\r\n",
        b"a FETCH 7 FLAGS\r\n",
        b"a UID FETCH 1:2:3 FLAGS\r\n",
        b"a UID FETCH 1 ENVELOPE\r\n",
        b"a UID FETCH 1 (FLAGS\r\n",
        b"a UID FETCH 1 FLAGS)\r\n",
        b"a UID SEARCH\r\n",
        b"a UID SEARCH NOT\r\n",
        b'a SEARCH SUBJECT "x"\r\n',
        b"a SEARCH " + b"(" * 50 + b"ALL" + b")" * 50 + b"\r\n",
        b"a SEARCH " + b"NOT " * 2000 + b"ALL\r\n",
        b"a UID STORE 1 +FLAGS (\\Recent)\r\n",
        b'a UID STORE 1 +FLAGS ("a b")\r\n',
        b"a UID STORE 1 +COLOURS (blue)\r\n",
        b"a UID STORE 1 +FLAGS\r\n",
        b"a APPEND\r\n",
        b"a APPEND INBOX\r\n",
        b"a SELECT {0}\r\n\r\n",
        b'a SELECT "unfinished\r\n',
        b"a \xff\xfe\x00\r\n",
        b"a \xc3\xa9 x\r\n",
        b"a LOGIN x y\r\n",
        b"a STARTTLS\r\n",
        b"a AUTHENTICATE EXTERNAL !!\r\n",
        b"\x16\x03\x01\x02\x00 nonsense\r\n",
    ],
)
def test_garbage_is_refused_and_the_session_lives(operator: Operator, garbage: bytes) -> None:
    operator.mailbox(GATEWAY).deliver(NOTE)
    with raw_inbox(operator) as inbox:
        inbox.sendall(garbage)
        heard = exchange(inbox, b"z NOOP\r\n", until=b"z OK")
        assert heard.endswith(b"z OK done\r\n")
        assert b" BAD " in heard or b" NO " in heard


@pytest.mark.parametrize(
    "flood",
    [b"a" * 40_000 + b"\r\n", b"a APPEND INBOX {999999999}\r\n", b"a APPEND INBOX {999999999+}\r\n", b"{0+}\r\n" * 500],
)
def test_what_is_too_large_ends_the_connection_and_nobody_else_s(operator: Operator, flood: bytes) -> None:
    with raw_inbox(operator) as inbox:
        assert b"* BYE" in exchange(inbox, flood, until=b"* BYE")
    assert open_inbox(operator).search("ALL") == []


def test_too_many_mistakes_end_the_connection(operator: Operator) -> None:
    with raw_inbox(operator) as inbox:
        assert b"* BYE too many mistakes" in exchange(inbox, b"a NONSENSE\r\n" * 30, until=b"* BYE too many")


def test_a_client_that_vanishes_in_the_middle_of_a_literal_harms_nobody(operator: Operator) -> None:
    with raw_inbox(operator) as inbox:
        exchange(inbox, b"a APPEND INBOX {500}\r\n")
        inbox.sendall(b"only this much")
    assert open_inbox(operator).search("ALL") == []
    assert list((operator.mailbox(GATEWAY).folder / "tmp").iterdir()) == []
