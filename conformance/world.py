"""What the checks of one run work with: both peers, and the letters that they made travel.

One letter is shared by every check that only looks at it; it is never changed. A check that answers a letter makes a
letter of its own, so that checks do not depend on one another's order.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from conformance.peers.mailbox import Mailbox
from conformance.peers.practice import Answer, Practice
from conformance.peers.report import STRAIGHT, Report, Twist, write_report
from conformance.peers.writing import Colleague
from conformance.readers import Unreadable, fhir
from conformance.readers.cda import Cda
from conformance.readers.fhir import Resource
from conformance.readers.mail import Mail
from conformance.readers.xdm import Archive
from conformance.referral import Referral
from conformance.target import Target
from conformance.trace import Evidence, Trace
from conformance.verdicts import Failed, Skipped


@dataclass(frozen=True, slots=True)
class Letter:
    """A referral that was accepted, and the mail that came of it."""

    referral: Referral
    answer: Answer
    task: Resource
    """As it stood in the answer."""
    mail: Mail
    evidence: tuple[Evidence, ...]

    @property
    def task_id(self) -> str:
        return str(self.task["id"])

    @property
    def archive(self) -> Archive:
        """Raises Unreadable."""
        if len(self.mail.archives) != 1:
            raise Unreadable("mail", f"{len(self.mail.archives)} IHE_XDM.zip instead of 1")
        return Archive.read(self.mail.archives[0].content)

    @property
    def document(self) -> Cda:
        """Raises Unreadable."""
        return self.archive.document


class World:
    """Opens the mailbox; `close` leaves it. Raises Broken where the operator cannot be reached."""

    def __init__(self, target: Target) -> None:
        self.target, self.trace = target, Trace()
        self.practice = Practice(target.fhir.base_url, target.fhir.token, self.trace, target.patience_seconds)
        self.mailbox = Mailbox(target.partner, self.trace, target.patience_seconds)
        self._shared: Letter | None = None
        self._could_not = ""

    @property
    def neighbour(self) -> Practice:
        """Software of another structure. Raises Skipped."""
        if self.target.fhir.neighbour_token is None:
            raise Skipped("TARGET.toml names no neighbour_token")
        return self.practice.as_client(self.target.fhir.neighbour_token)

    def referral(self) -> Referral:
        """A fresh message made of the target's sample."""
        return Referral.fresh(self.target.referral)

    def referral_without_ins(self) -> Referral:
        """The same for a patient without qualified INS."""
        return Referral.fresh(self.target.referral_without_ins)

    def post_letter(self, referral: Referral) -> Letter:
        """Send a referral and wait for its mail. Raises Failed."""
        answer = self.practice.send(referral.content)
        if answer.status != 200:
            raise Failed("POST $process-message", "200", answer.status)
        return self.letter_of(referral, answer)

    def letter_of(self, referral: Referral, answer: Answer) -> Letter:
        """The letter of a message that was accepted. Raises Failed."""
        task = answer.task
        mail = self.mailbox.wait_for(lambda found: names(found, referral), "a mail whose document names the order")
        return Letter(referral, answer, task, mail, tuple(self.trace.evidence))

    def letter(self) -> Letter:
        """The shared letter. The first check to ask fails where it does not come, the others are skipped."""
        if self._could_not:
            raise Skipped(f"no letter to look at: {self._could_not}")
        if self._shared is None:
            try:
                self._shared = self.post_letter(self.referral())
            except Failed as failure:
                self._could_not = str(failure)
                raise
        for evidence in self._shared.evidence:
            self.trace.add(evidence)
        return self._shared

    def own_letter(self) -> Letter:
        """A letter of the check's own, delivered. Raises Skipped: that it arrives is another check's matter."""
        try:
            return self.post_letter(self.referral())
        except Failed as failure:
            raise Skipped(f"no letter to answer: {failure}") from None

    def settled(self, letter: Letter) -> Resource:
        """The Task once the operator has reported. Raises Skipped: that it does is another check's matter."""
        try:
            return self.practice.follow(
                letter.task_id, lambda task: fhir.delivery_state(task) not in ("", "sent"), "a receipt of the operator"
            )
        except Failed as failure:
            raise Skipped(str(failure)) from None

    def colleague(self, letter: Letter) -> Colleague:
        return Colleague(self.target.partner.address, letter.mail)

    def report(self, letter: Letter, twist: Twist = STRAIGHT) -> Report:
        """The colleague's report on a letter. Raises Skipped where the letter cannot be read."""
        try:
            return write_report(letter.document, datetime.now(UTC), twist)
        except (Failed, IndexError) as failure:
            raise Skipped(f"the letter cannot be answered: {failure}") from None

    def close(self) -> None:
        self.mailbox.close()


def names(mail: Mail, referral: Referral) -> bool:
    """Whether the mail's document names one of the referral's business identifiers."""
    if not mail.archives:
        return False
    try:
        files = Archive.read(mail.archives[0].content).files.values()
    except Failed:
        return False
    return any(order.encode() in content for content in files for order in referral.orders)
