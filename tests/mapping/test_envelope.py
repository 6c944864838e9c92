"""Who sends, to whom, how urgently."""

import json
from typing import Any

import pytest

from gateway.fhir.format.bundle import Message, read_message
from gateway.mapping.envelope import envelope_of, recipients_of
from gateway.model import Priority
from tests.source import ROOT

PLAIN = ROOT / "fixtures" / "referral-request" / "01-plain" / "input.json"


def referral(**task: Any) -> Message:
    """The plain referral with other values in its Task; None removes one."""
    bundle = json.loads(PLAIN.read_text("utf-8"))
    (found,) = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Task"]
    found |= task
    for name in [name for name, value in task.items() if value is None]:
        del found[name]
    return read_message(json.dumps(bundle).encode())


def owner() -> Any:
    (task,) = [e.resource for e in referral().entries if e.resource["resourceType"] == "Task"]
    return dict(task["owner"])


def test_the_one_recipient_is_the_owner_and_is_named_by_its_path() -> None:
    ((party, path),) = recipients_of(referral())
    assert party.person
    assert path.endswith(".owner")


def test_a_single_candidate_is_a_recipient_like_an_owner() -> None:
    ((party, path),) = recipients_of(referral(owner=None, restriction={"recipient": [owner()]}))
    assert party == recipients_of(referral())[0][0]
    assert path.endswith(".restriction.recipient[0]")


def test_each_candidate_of_an_open_request_is_named_by_its_path() -> None:
    named = recipients_of(referral(owner=None, restriction={"recipient": [owner(), owner()]}))
    assert [path.rpartition(".")[2] for _, path in named] == ["recipient[0]", "recipient[1]"]


@pytest.mark.parametrize("priority", list(Priority))
def test_the_stronger_priority_of_task_and_request_counts(priority: Priority) -> None:
    assert envelope_of(referral(priority=priority.value)).priority is priority
