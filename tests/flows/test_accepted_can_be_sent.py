"""What the door accepts can be sent: no message is taken and then found impossible, holding up those behind it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from gateway.errors import GatewayError
from gateway.fhir.format.reading import write_json
from gateway.mapping.packing import archive, finish_written, mail_of
from gateway.model import Client, MailMessageId
from tests.flows.bench import Bench, outcome_of
from tests.peers.gateways import PRACTICE, SUIPPE, TENANT
from tests.referrals import bundle_of, fresh, only

PDF = b"%PDF-1.4\n%%EOF"
Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every member and item below `value`."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield (*path, name)
        yield from places(member, (*path, name))


def without(bundle: Any, path: Path) -> Any:
    """The Bundle without one place; whatever would be left empty goes with it."""
    changed = deepcopy(bundle)
    here = changed["entry"]
    for step in path[:-1]:
        here = here[step]
    del here[path[-1]]
    return changed if here or len(path) < 4 else without(bundle, path[:-1])


@pytest.mark.parametrize("case", ["01-plain", "07-no-ins"])
def test_a_message_that_lacks_any_one_thing_is_refused_or_can_be_sent(bench: Bench, case: str) -> None:
    client = Client("c", TENANT, frozenset({PRACTICE, SUIPPE}))
    bundle, outcomes = bundle_of(case), {True: 0, False: 0}
    for path in (path for path in places(bundle["entry"]) if len(path) > 2):
        try:
            prepared = bench.gateway.send_document.prepare(write_json(without(bundle, path)), client)
        except GatewayError:
            outcomes[False] += 1
            continue
        outcomes[True] += 1
        assert_can_be_sent(bench, prepared)
    assert min(outcomes.values()) > 20  # both happen, or this test has no meaning


def assert_can_be_sent(bench: Bench, prepared: Any) -> None:
    """As a worker will do it; GatewayError where it cannot."""
    documents = finish_written(prepared.mapped.value, PDF)
    sender, box = bench.gateway.send_document.sender, prepared.choices[0].mailbox.address
    zipped = archive(documents, prepared.context, sender, box)
    assert mail_of(documents, zipped, prepared.context.at, sender, box, MailMessageId("<1@cpts.example>"))


@pytest.mark.parametrize("written_at", ["2026-11-20", "2026-11", "2026"])
def test_a_date_without_a_time_makes_no_document(bench: Bench, written_at: str) -> None:
    answer = bench.post(fresh(change=lambda b: only(b, "Task").update(authoredOn=written_at)))
    assert answer.status == 422
    codes = {issue["details"]["coding"][0]["code"] for issue in outcome_of(answer)["issue"]}
    assert codes & {"document-incomplete", "wrong-format", "missing-element"}


def test_an_author_without_a_name_makes_no_document(bench: Bench) -> None:
    def nameless(bundle: Any) -> None:
        author = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Practitioner")
        del author["name"]

    answer = bench.post(fresh(change=nameless))
    assert answer.status == 422
    (issue, *_) = outcome_of(answer)["issue"]
    assert issue["details"]["coding"][0]["code"] == "document-incomplete"
    assert issue["expression"] == ["Bundle"]
    assert "assignedPerson/name/family" in issue["details"]["text"]
