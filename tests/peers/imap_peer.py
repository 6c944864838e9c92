"""Scripts of an IMAP server with STARTTLS and one mail, correct up to the step where a test wants trouble."""

import ssl

from tests.peers.scripted import Encrypt, Hear, Say, Step

UID_VALIDITY, UID = 42, 7
MAIL = b"From: a@cpts.example\r\n\r\nBonjour.\r\n"
OK = b"<tag> OK done\r\n"
SELECTED = b"* 1 EXISTS\r\n* FLAGS (\\Seen)\r\n"
KEYWORDS = b"* OK [PERMANENTFLAGS (\\Seen \\*)] kept\r\n"
VALIDITY = b"* OK [UIDVALIDITY 42] for good\r\n"
STEPS = ("connect", "CAPABILITY", "STARTTLS", "CAPABILITY in TLS", "LOGIN", "SELECT", "SEARCH", "SIZE", "FETCH")


def asks(word: bytes, answer: bytes = OK) -> list[Step]:
    """The client asks and the server answers."""
    return [Hear(word), Say(answer)]


def capabilities(words: bytes) -> list[Step]:
    return asks(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 " + words + b"\r\n" + OK)


def conversation(context: ssl.SSLContext, selected: bytes = SELECTED + KEYWORDS + VALIDITY) -> dict[str, list[Step]]:
    """The steps of a conversation in which one mail is read; in each the server's answer comes last."""
    return {
        "connect": [Say(b"* OK ready\r\n")],
        "CAPABILITY": capabilities(b"STARTTLS LOGINDISABLED"),
        "STARTTLS": asks(b"STARTTLS"),
        "CAPABILITY in TLS": [Encrypt(context), *capabilities(b"IDLE")],
        "LOGIN": [*capabilities(b"IDLE"), *asks(b"LOGIN")],
        "SELECT": [*capabilities(b"IDLE"), *asks(b"SELECT", selected + OK)],
        "SEARCH": asks(b"UID SEARCH", b"* SEARCH 7\r\n" + OK),
        "SIZE": asks(b"RFC822.SIZE", b"* 1 FETCH (UID 7 RFC822.SIZE %d)\r\n" % len(MAIL) + OK),
        "FETCH": asks(b"BODY.PEEK[]", b"* 1 FETCH (UID 7 BODY[] {%d}\r\n%s)\r\n" % (len(MAIL), MAIL) + OK),
    }


def all_well(context: ssl.SSLContext) -> list[Step]:
    """The whole conversation."""
    return [step for steps in conversation(context).values() for step in steps]


def until(stop: str, context: ssl.SSLContext, *trouble: Step) -> list[Step]:
    """The conversation up to step `stop`, where `trouble` stands in place of the server's answer."""
    script: list[Step] = []
    for name, steps in conversation(context).items():
        if name == stop:
            return [*script, *steps[:-1], *trouble]
        script += steps
    raise KeyError(stop)
