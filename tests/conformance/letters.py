"""Letters made of fixtures, for checks that only look: what the gateway would have sent, right or with one defect."""

from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from conformance.peers.practice import Answer
from conformance.readers.mail import Mail
from conformance.referral import Referral
from conformance.target import SAMPLES
from conformance.trace import Trace
from conformance.world import Letter
from tests.source import ROOT

MSSANTE = ROOT / "fixtures" / "mssante"
OUTBOUND = (MSSANTE / "mail" / "01-outbound-referral.eml").read_bytes()
GATEWAY, COLLEAGUE = "passerelle@cpts-vesle.mssante.example", "karim.tazerout@medecin.mssante.example"


def letter_of(mail: bytes = OUTBOUND, receipt: bytes = b"{}", sample: str = "referral.json") -> Letter:
    """A letter whose mail is given. Its referral is the sample's, about the same patient as the fixtures."""
    answer = Answer("POST $process-message", 200, {}, receipt)
    referral = Referral((SAMPLES / sample).read_bytes(), Referral.fresh((SAMPLES / sample).read_bytes()).bundle)
    return Letter(referral, answer, {"resourceType": "Task", "id": "t"}, Mail.read(mail), ())


def mail_with(archive: Path) -> bytes:
    """A mail with an archive of the fixtures."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Message-ID"] = GATEWAY, COLLEAGUE, "<a@b.example>"
    mail.set_content("Bonjour")
    mail.add_attachment(archive.read_bytes(), maintype="application", subtype="zip", filename="IHE_XDM.zip")
    return mail.as_bytes()


def world_of(letter: Letter) -> Any:
    """A world in which this letter has just arrived."""
    partner = SimpleNamespace(address=COLLEAGUE, gateway_address=GATEWAY)
    target = SimpleNamespace(partner=partner)
    mailbox = SimpleNamespace(mails=[letter.mail])
    return SimpleNamespace(letter=lambda: letter, target=target, mailbox=mailbox, trace=Trace())
