"""The flows of `demo --once`, each checked from end to end by what the software at both ends can see."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.commands.demo_client import DemoClient, Reply, business_status, delivery_state, outputs
from gateway.commands.demo_world import FIXTURES, World

_ONLY_MAILBOX, _SOFTWARE = "06-born-abroad", "01-plain"


@dataclass(frozen=True, slots=True)
class Flow:
    """One line of the report: a French title and the check, which raises AssertionError."""

    title: str
    check: Callable[[World], str]
    """Returns what to say of a success."""


def run(world: World, flows: "tuple[Flow, ...]", say: Callable[[str], None]) -> tuple[int, int]:
    """Run each flow, one line each; returns how many passed and failed."""
    passed = 0
    for flow in flows:
        began = time.monotonic()
        try:
            said, verdict = flow.check(world), "ok   "
            passed += 1
        except (AssertionError, KeyError, IndexError, OSError) as error:
            said, verdict = f"{type(error).__name__}: {error}", "ÉCHEC"
        say(f"{verdict} {flow.title} : {said} ({time.monotonic() - began:.1f} s)")
    return passed, len(flows) - passed


def _content(name: str) -> bytes:
    return (FIXTURES / "referral-request" / name / "input.json").read_bytes()


def _accepted(client: DemoClient, content: bytes) -> Reply:
    answer = client.post(content)
    assert answer.status == 200, f"HTTP {answer.status} {answer.code}"
    return answer


def _answered_by_software(world: World) -> str:
    client = world.client
    answer = _accepted(client, _content(_SOFTWARE))
    task = client.follow(answer, lambda t: business_status(t) == "interim-report")
    client.follow(answer, lambda t: delivery_state(t) == "integrated")
    reference = client.get(outputs(task, "answer")[0]).json
    forms = {c["attachment"]["contentType"]: c["attachment"]["url"] for c in reference["content"]}
    assert client.binary(forms["application/pdf"]).startswith(b"%PDF-"), "no PDF"
    assert b"ClinicalDocument" in client.binary(forms["text/xml"]), "no CDA"
    assert client.binary(forms["application/fhir+json"]).startswith(b"{"), "no FHIR"
    return "lettre remise, intégrée, compte rendu reçu en PDF, CDA et FHIR"


def _answered_by_a_person(world: World) -> str:
    client = world.client
    answer = _accepted(client, _content(_ONLY_MAILBOX))
    task = client.follow(answer, lambda t: bool(outputs(t, "reply-text")) and delivery_state(t) == "read")
    text = client.get(outputs(task, "reply-text")[0]).json["payload"][0]["contentString"]
    assert text.strip(), "empty reply"
    assert business_status(task) == "delivered", "a free text moved the referral"
    return "lettre lue, réponse en texte libre transmise, état inchangé"


def _told_in_the_timeline(world: World) -> str:
    client = world.client
    answer = _accepted(client, _content(_SOFTWARE))
    task = client.follow(answer, lambda t: business_status(t) == "interim-report" and delivery_state(t) == "integrated")
    bundle = client.get(f"Task/{task['id']}/$timeline").json
    codes = [e["resource"]["subtype"][0]["code"] for e in bundle["entry"]]
    wanted = ["accepted", "addressed", "prepared", "sent", "delivered", "integrated", "reply-received"]
    missing = [code for code in wanted if code not in codes]
    assert not missing, f"missing: {', '.join(missing)}"
    return f"{len(codes)} étapes"


def _same_answer_twice(world: World) -> str:
    content = _content(_SOFTWARE)
    first, second = _accepted(world.client, content), _accepted(world.client, content)
    assert first.body == second.body, "another answer"
    return "même réponse, un seul envoi"


def _every_fixture(world: World) -> str:
    names = sorted(p.parent.name for p in (FIXTURES / "referral-request").glob("*/input.json"))
    answers = [_accepted(world.client, _content(name)) for name in names]
    for name, answer in zip(names, answers, strict=True):
        task = world.client.follow(answer, lambda t: delivery_state(t) in ("delivered", "read", "integrated"))
        assert task["status"] != "failed", name
    return f"{len(names)} lettres remises"


def _refused(name: str, code: str) -> Callable[[World], str]:
    def check(world: World) -> str:
        answer = world.client.post((FIXTURES / "referral-request" / "invalid" / name).read_bytes())
        assert (answer.status, answer.code) == (422, code), f"HTTP {answer.status} {answer.code}"
        return f"422 {code}"

    return check


def _without_token(world: World) -> str:
    answer = DemoClient(world.client.base_url, None).post(_content(_SOFTWARE))
    assert answer.status == 401, f"HTTP {answer.status}"
    return "401 not-authenticated"


FLOWS: tuple[Flow, ...] = (
    Flow("Adressage vers un confrère équipé d'un logiciel", _answered_by_software),
    Flow("Adressage vers un confrère qui n'a qu'une boîte aux lettres", _answered_by_a_person),
    Flow("Chaque étape est tracée", _told_in_the_timeline),
    Flow("Le même message envoyé deux fois", _same_answer_twice),
    Flow("Les dix adressages d'exemple", _every_fixture),
    Flow("Destinataire inconnu", _refused("unknown-recipient.json", "unknown-recipient")),
    Flow("INS dont la clé est fausse", _refused("ins-bad-key.json", "ins-bad-key")),
    Flow("Requête sans jeton", _without_token),
)
