import asyncio
import socket
from pathlib import Path

import aiosmtplib
import pytest
from lxml import etree

from gateway.sandbox.operator import MAILBOXES, Operator
from tests.sandbox.people import GATEWAY, NOTE, PNEUMO, context_of, open_inbox, send


def listed(operator: Operator) -> set[str | None]:
    root = etree.parse(operator.trusted_domains_path).getroot()
    assert root.tag == "listeBlanche"
    return {element.text for element in root.findall("domaine")}


def test_the_list_of_trusted_domains_is_published_and_follows(operator: Operator) -> None:
    assert {"cpts-vesle.mssante.example", "medecin.mssante.example"} <= listed(operator)
    operator.space.add("New.mssante.example")
    operator.space.remove("medecin.mssante.example")
    assert "new.mssante.example" in listed(operator)
    assert "medecin.mssante.example" not in listed(operator)


def test_doors_open_on_the_loopback_interface_only_and_close(tmp_path: Path) -> None:
    with Operator.start(tmp_path) as operator:
        for port in (operator.smtp_port, operator.imap_port):
            with socket.create_connection((operator.host, port), timeout=2) as door:
                assert door.getpeername()[0] == "127.0.0.1"
    operator.stop()
    for port in (operator.smtp_port, operator.imap_port):
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=2)


def test_a_taken_port_is_said_at_once(operator: Operator, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        Operator.start(tmp_path / "second", imap_port=operator.imap_port)


def test_two_operators_live_side_by_side(operator: Operator, tmp_path: Path) -> None:
    with Operator.start(tmp_path / "second") as second:
        send(second, NOTE)
        assert len(second.mailbox(PNEUMO).mails()) == 1
    assert operator.mailbox(PNEUMO).mails() == []
    send(operator, NOTE)


def test_a_caller_with_an_event_loop_of_its_own_is_served(operator: Operator) -> None:
    async def deliver() -> None:
        async with aiosmtplib.SMTP(
            hostname="localhost", port=operator.smtp_port, start_tls=True, tls_context=context_of(operator)
        ) as smtp:
            await smtp.sendmail(GATEWAY, [PNEUMO], NOTE, mail_options=["RET=HDRS"], rcpt_options=["NOTIFY=SUCCESS"])

    asyncio.run(deliver())
    assert len(operator.mailbox(PNEUMO).mails()) == len(operator.mailbox(GATEWAY).mails()) == 1


def test_every_made_up_mailbox_lies_in_a_trusted_domain_and_opens(operator: Operator) -> None:
    for address in MAILBOXES:
        assert operator.space.trusts(address)
        open_inbox(operator, address).logout()


def test_an_unknown_mailbox_is_a_key_error(operator: Operator) -> None:
    with pytest.raises(KeyError):
        operator.mailbox("nobody@medecin.mssante.example")
