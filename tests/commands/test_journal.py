"""`clients add` and `messages …`: the journal from a terminal, by the settings of the gateway."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.store.open import open_store
from tests.commands.console import run
from tests.fhir.adapters.caller import Caller
from tests.flows.bench import Bench, running_bench
from tests.peers.gateways import PRACTICE, TENANT
from tests.peers.operators import short_folder
from tests.ports.stores import RandomIds, SystemClock
from tests.referrals import fresh

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with short_folder() as folder, running_bench(folder) as running:
        yield running


@pytest.fixture(scope="module")
def task(bench: Bench) -> str:
    """A delivered referral."""
    sent = bench.sent(fresh())
    bench.read()
    return sent


def journal(bench: Bench) -> dict[str, str]:
    """The environment of the gateway that owns the journal."""
    settings = bench.gateway.settings
    return {
        "GATEWAY_DATABASE_URL": settings.database_url,
        "GATEWAY_MASTER_KEY_FILE": str(settings.master_key_file),
        "GATEWAY_TENANT": TENANT,
        "GATEWAY_MODE": "test",
    }


def assert_published(name: str, value: object) -> None:
    """The JSON has the form that is published in docs/schemas."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(value)


def test_the_newest_message_is_listed_first(bench: Bench, task: str) -> None:
    listed = run("messages", "list", "--json", **journal(bench)).json
    assert_published("messages", listed)
    assert task in [message["id"] for message in listed]
    assert [m["accepted_at"] for m in listed] == sorted((m["accepted_at"] for m in listed), reverse=True)
    assert len(run("messages", "list", "--limit", 1, "--json", **journal(bench)).json) == 1


def test_a_message_is_shown_with_its_delivery(bench: Bench, task: str) -> None:
    shown = run("messages", "show", task, "--json", **journal(bench)).json
    assert_published("message", shown)
    (delivery,) = shown["deliveries"]
    assert (shown["kind"], delivery["state"], delivery["message_id"]) == (
        "referral-request", "delivered", bench.mail_id(task),
    )  # fmt: skip


def test_the_trace_tells_the_whole_story(bench: Bench, task: str) -> None:
    traced = run("messages", "trace", task, "--json", **journal(bench)).json
    assert_published("trace", traced)
    codes = [event["code"] for event in traced if event["message"] == task]
    assert codes == ["accepted", "addressed", "prepared", "sent", "delivered"]
    assert all(event["text"] and "?" not in event["text"] for event in traced)


@pytest.mark.parametrize("words", [("list",), ("show", "TASK"), ("trace", "TASK")])
def test_without_json_people_read_it_and_no_patient_is_in_it(bench: Bench, task: str, words: tuple[str, ...]) -> None:
    done = run("messages", *(task if word == "TASK" else word for word in words), **journal(bench))
    assert done.code == 0
    assert task in done.out
    for secret in ("VALLORGE", "252035145404215", "V-104417", "Dyspnée"):
        assert secret not in done.out


def test_the_trace_speaks_english_on_an_english_terminal(bench: Bench, task: str) -> None:
    assert "Accepted" in run("messages", "trace", task, LC_ALL="en_GB.UTF-8", **journal(bench)).out
    assert "Accepté" in run("messages", "trace", task, **journal(bench)).out


@pytest.mark.parametrize("command", ["show", "trace"])
def test_a_message_that_is_not_there_is_exit_1(bench: Bench, command: str) -> None:
    done = run("messages", command, "absent", **journal(bench))
    assert (done.code, done.out) == (1, "")
    assert "absent" in done.err


# --- clients -----------------------------------------------------------------------------------------------------


def test_a_new_client_may_speak_for_its_structures_at_once(bench: Bench) -> None:
    done = run("clients", "add", "logiciel", "--structure", PRACTICE, **journal(bench))
    assert done.code == 0
    answer = bench.post(fresh(), caller=Caller(bench.gateway.door, done.out.strip()))
    assert answer.status == 200
    bench.work()


def test_a_client_as_json_has_the_published_form_and_its_token_works(bench: Bench) -> None:
    words = ("clients", "add", "logiciel", "--structure", PRACTICE, "--structure", "1990010050", "--json")
    added = run(*words, **journal(bench)).json
    assert_published("client", added)
    assert added["structures"] == sorted([PRACTICE, "1990010050"])
    assert bench.gateway.store.clients.find(added["token"])


def test_the_token_is_kept_only_as_a_hash(bench: Bench) -> None:
    token = run("clients", "add", "logiciel", "--structure", PRACTICE, **journal(bench)).out.strip()
    assert len(token) >= 32
    files = [path for path in bench.folder.glob("gateway.db*") if path.is_file()]
    assert all(token.encode() not in path.read_bytes() for path in files)


def test_a_client_without_a_structure_is_wrong_use(bench: Bench) -> None:
    assert run("clients", "add", "logiciel", **journal(bench)).code == 2


# --- configuration -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"GATEWAY_MASTER_KEY_FILE": "/nowhere/key"}, "master-key-missing"),
        ({"GATEWAY_DATABASE_URL": "mysql://x"}, "invalid-setting"),
        ({"GATEWAY_DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "database-not-supported"),
        ({"GATEWAY_NO_SUCH_THING": "1"}, "unknown-setting"),
    ],
)
def test_a_wrong_configuration_is_exit_2_and_told_by_name(bench: Bench, changed: dict[str, str], code: str) -> None:
    done = run("messages", "list", **journal(bench) | changed)
    assert (done.code, done.out) == (2, "")
    assert code in done.err


def test_another_master_key_opens_nothing(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    done = run("messages", "list", **journal(bench) | {"GATEWAY_MASTER_KEY_FILE": str(tmp_path / "key")})
    assert done.code == 2
    assert "master-key-mismatch" in done.err


def test_an_empty_journal_is_an_empty_list(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(range(32)))
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    open_store(url, bytes(range(32)), SystemClock(), RandomIds()).close()
    settings = {"GATEWAY_DATABASE_URL": url, "GATEWAY_MASTER_KEY_FILE": str(tmp_path / "key"), "GATEWAY_MODE": "test"}
    done = run("messages", "list", "--json", **settings)
    assert (done.code, done.json) == (0, [])


@pytest.mark.parametrize("words", [(), ("messages",), ("clients",), ("no-such-command",)])
def test_half_a_command_is_wrong_use(words: tuple[str, ...]) -> None:
    assert run(*words).code == 2
