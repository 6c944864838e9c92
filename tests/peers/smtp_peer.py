"""Scripts of an SMTP server with STARTTLS, correct up to the step where a test wants trouble."""

import ssl

from tests.peers.scripted import Encrypt, Hear, HearMail, Say, Step

PLAIN_EHLO = b"250-peer.example\r\n250 STARTTLS\r\n"
FULL_EHLO = b"250-peer.example\r\n250-SIZE 20000000\r\n250-8BITMIME\r\n250 DSN\r\n"
STEPS = ("connect", "EHLO", "STARTTLS", "EHLO in TLS", "MAIL", "RCPT", "DATA", "end-of-data")


def conversation(context: ssl.SSLContext, ehlo: bytes = FULL_EHLO) -> dict[str, list[Step]]:
    """The steps of a conversation in which one mail is taken; in each the server's answer comes last.

    After STARTTLS comes the handshake, which belongs to the step that follows.
    """
    return {
        "connect": [Say(b"220 peer.example ESMTP\r\n")],
        "EHLO": [Hear(b"EHLO"), Say(PLAIN_EHLO)],
        "STARTTLS": [Hear(b"STARTTLS"), Say(b"220 2.0.0 go ahead\r\n")],
        "EHLO in TLS": [Encrypt(context), Hear(b"EHLO"), Say(ehlo)],
        "MAIL": [Hear(b"MAIL FROM:"), Say(b"250 2.1.0 ok\r\n")],
        "RCPT": [Hear(b"RCPT TO:"), Say(b"250 2.1.5 ok\r\n")],
        "DATA": [Hear(b"DATA"), Say(b"354 go ahead\r\n")],
        "end-of-data": [HearMail(), Say(b"250 2.0.0 taken\r\n")],
    }


def all_well(context: ssl.SSLContext, ehlo: bytes = FULL_EHLO) -> list[Step]:
    """The whole conversation."""
    return [step for steps in conversation(context, ehlo).values() for step in steps]


def until(stop: str, context: ssl.SSLContext, *trouble: Step, ehlo: bytes = FULL_EHLO) -> list[Step]:
    """The conversation up to step `stop`, where `trouble` stands in place of the server's answer."""
    script: list[Step] = []
    for name, steps in conversation(context, ehlo).items():
        if name == stop:
            return [*script, *steps[:-1], *trouble]
        script += steps
    raise KeyError(stop)
