"""The receipt of loss, the Task that software follows, and its timeline.

Source: docs/messages/referral-request.md; docs/schemas (receipt of loss); FHIR R4 Task, AuditEvent.
"""

import json
from collections import Counter
from datetime import datetime
from hashlib import sha256
from typing import Any

from conformance.readers import Unreadable, fhir
from conformance.readers.fhir import Resource
from conformance.verdicts import expect, expect_equal
from conformance.world import Letter, World

CLASSES = ("structural", "structured", "narrative", "attached", "withheld", "lost")


def receipt_adds_up(world: World) -> None:
    letter = world.letter()
    counts = _receipt(world, letter)["counts"]
    expect_equal("counts: sum of the classes", counts["leaves"], sum(counts[name] for name in CLASSES))
    own = len(list(fhir.leaves(letter.referral.bundle, "Bundle")))
    expect_equal("counts.leaves, against our own count of the message", own, counts["leaves"])


def receipt_names_items(world: World) -> None:
    letter = world.letter()
    receipt = _receipt(world, letter)
    paths = {path for path, _ in fhir.leaves(letter.referral.bundle, "Bundle")}
    told = Counter(item["outcome"] for item in receipt["items"] if item["path"] in paths)
    for name in ("narrative", "attached", "withheld", "lost"):
        expect_equal(f"items that are {name}, at paths of the message", receipt["counts"][name], told[name])
    ruleless = [item["path"] for item in receipt["items"] if not item.get("rule")]
    expect(not ruleless, "items without a rule", 0, len(ruleless))


def receipt_is_of_this_message(world: World) -> None:
    letter = world.letter()
    source = _receipt(world, letter)["source"]
    expect_equal("source.kind", "fhir-message", source.get("kind"))
    expect_equal("source.sha256", letter.referral.sha256, source.get("sha256"))


def receipt_knows_its_target(world: World) -> None:
    """Read once the mail is there: before that, the document is not final."""
    letter = world.letter()
    content = letter.archive.file(letter.archive.entry)
    told = _receipt(world, letter)["target"].get("sha256")
    expect_equal("target.sha256, against the document in the archive", sha256(content).hexdigest(), told)


def accepted_means_nothing_lost(world: World) -> None:
    expect_equal("counts.lost of an accepted message", 0, _receipt(world, world.letter())["counts"]["lost"])


def task_follows_delivery(world: World) -> None:
    letter = world.letter()
    task = world.practice.follow(
        letter.task_id, lambda t: fhir.delivery_state(t) == "delivered", "delivery-state delivered, told by DSN"
    )
    expect(
        task.get("status") in ("requested", "received"),
        "Task.status",
        "still waiting for an answer",
        task.get("status"),
    )


def timeline_in_order(world: World) -> None:
    events = _timeline(world)
    times = [datetime.fromisoformat(event["recorded"]) for event in events]
    expect(times == sorted(times), "AuditEvent.recorded", "in order of time", "out of order")
    steps = [coding["code"] for event in events for coding in event.get("subtype", [])]
    for step in ("accepted", "sent", "delivered"):
        expect(step in steps, "AuditEvent.subtype", f"the step {step}", steps)
    ordered = [step for step in steps if step in ("accepted", "sent", "delivered")]
    expect_equal("order of the steps", ["accepted", "sent", "delivered"], ordered[:3])


def timeline_names_nobody(world: World) -> None:
    letter = world.letter()
    told = json.dumps(_timeline(world), ensure_ascii=False)
    words = {*letter.referral.patient_ids, str(letter.referral.birth_name["family"])}
    shown = [word for word in words if word in told]
    expect(not shown, "timeline", "no name and no identifier of the patient", f"{len(shown)} of them")


def _receipt(world: World, letter: Letter) -> Any:
    reference = fhir.outputs(letter.task, "receipt-of-loss")
    if not reference:
        raise Unreadable("Task.output", "no receipt-of-loss")
    try:
        return json.loads(world.practice.binary(reference[0]))
    except ValueError as error:
        raise Unreadable("receipt of loss", error) from None


def _timeline(world: World) -> list[Resource]:
    letter = world.letter()
    world.settled(letter)
    bundle = world.practice.read(f"Task/{letter.task_id}/$timeline")
    expect_equal("timeline Bundle.type", "collection", bundle.get("type"))
    return fhir.resources(bundle, "AuditEvent")
