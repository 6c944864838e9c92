"""Receipts that the colleague sends: what each means, and what the sender is told.

Source: RFC 8098; ANS, LPS volet, error notifications (both grammars); docs: Delivery.
"""

from conformance.peers.writing import Outgoing
from conformance.readers import fhir
from conformance.verdicts import expect, expect_equal
from conformance.world import Letter, World

UNKNOWN_PATIENT = ("902", "Identifiant de patient inconnu")


def displayed_means_read(world: World) -> None:
    letter = world.own_letter()
    _tell(world, letter, world.colleague(letter).displayed(), "read")


def processed_means_integrated(world: World) -> None:
    letter = world.own_letter()
    _tell(world, letter, world.colleague(letter).processed(), "integrated")


def error_means_rejected(world: World) -> None:
    letter = world.own_letter()
    receipt = world.colleague(letter).refused(*UNKNOWN_PATIENT, older_grammar=False)
    _tell(world, letter, receipt, "rejected-by-software")
    reason = world.practice.read(f"Task/{letter.task_id}").get("statusReason", {}).get("text")
    expect(bool(reason), "Task.statusReason", "a sentence for the sender", "absent")


def older_error_means_rejected(world: World) -> None:
    letter = world.own_letter()
    receipt = world.colleague(letter).refused(*UNKNOWN_PATIENT, older_grammar=True)
    _tell(world, letter, receipt, "rejected-by-software")


def ordinary_ko_means_rejected(world: World) -> None:
    letter = world.own_letter()
    _tell(world, letter, world.colleague(letter).ordinary_ko(*UNKNOWN_PATIENT), "rejected-by-software")
    task = world.practice.read(f"Task/{letter.task_id}")
    expect_equal("answers taken from the returned original", 0, len(fhir.outputs(task, "answer")))


def receipt_moves_no_referral(world: World) -> None:
    letter = world.own_letter()
    _tell(world, letter, world.colleague(letter).processed(), "integrated")
    task = world.practice.read(f"Task/{letter.task_id}")
    expect(task["status"] in ("requested", "received"), "Task.status", "still waiting for an answer", task["status"])


def _tell(world: World, letter: Letter, receipt: Outgoing, state: str) -> None:
    """Send a receipt and wait for the Task to say it."""
    world.mailbox.send(receipt.content, null_sender=True)
    world.practice.follow(letter.task_id, lambda t: fhir.delivery_state(t) == state, f"delivery-state {state}")
