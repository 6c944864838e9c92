"""Each published schema holds for the real output of the command that it describes, and refuses what is not."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from gateway.documentation.schemas import SCHEMAS
from tests.source import ROOT

COMMAND = str(Path(sys.executable).with_name("cpts-gateway"))
REFERRALS = ROOT / "fixtures" / "referral-request"
PLAIN = REFERRALS / "01-plain" / "input.json"
BROKEN = REFERRALS / "invalid" / "not-json.json"
DEMO_SECONDS = 60.0


def check(name: str, output: Any) -> Any:
    """The output, which fits the schema."""
    Draft202012Validator(SCHEMAS[name], format_checker=Draft202012Validator.FORMAT_CHECKER).validate(output)
    return output


def run(*arguments: object, **environment: str) -> Any:
    """What a command prints on stdout, as JSON."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments), "--json"],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


# --- on files ----------------------------------------------------------------------------------------------------


def test_convert(tmp_path: Path) -> None:
    inputs = (PLAIN, BROKEN, REFERRALS / "nowhere.json")
    good, bad, absent = check("convert", run("convert", *inputs, "--to", "cda", "--out", tmp_path))
    assert good["losses"][0]["counts"]["lost"] == 0
    assert (bad["error"], absent["error"]) == ("not-json", "unreadable-file")


def test_the_receipt_of_loss_that_convert_writes(tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.json"
    subprocess.run(
        [COMMAND, "convert", PLAIN, "--to", "cda", "--out", tmp_path / "letter.xml", "--loss", receipt], check=True
    )
    counts = check("loss-report", json.loads(receipt.read_bytes()))["counts"]
    assert counts["leaves"] == sum(counts.values()) - counts["leaves"] - counts["filled"] - counts["guessed"]


def test_compare() -> None:
    assert check("compare", run("compare", PLAIN, PLAIN))["equal"] is True
    other = check("compare", run("compare", PLAIN, REFERRALS / "02-rich" / "input.json"))
    assert other["equal"] is False
    assert other["differences"]


def test_validate() -> None:
    found = check("validate", run("validate", PLAIN, REFERRALS / "invalid" / "ins-bad-key.json"))
    ((_, good), (_, bad)) = found.items()
    assert not [finding for finding in good if finding["severity"] in ("fatal", "error")]
    assert "ins-bad-key" in [finding["code"] for finding in bad]
    check("finding", bad[0])


def test_survey(tmp_path: Path) -> None:
    documents = ROOT / "fixtures" / "mssante" / "cda"
    for path in documents.glob("*.xml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "broken.xml").write_bytes(b"<html/>")
    found = check("survey", run("survey", tmp_path))
    assert found["total"]["read"] == len(list(documents.glob("*.xml")))
    assert found["total"]["refused"] == 1


# --- on a journal: a demonstration that another program joins by its demo.json --------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo")
    with demonstration(folder):
        yield json.loads((folder / "demo.json").read_bytes())


@contextmanager
def demonstration(folder: Path) -> Iterator[None]:
    """`cpts-gateway demo` in a folder, from the moment when it has written its file, until Ctrl-C."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen([COMMAND, "demo", "--port", "0"], cwd=folder, stdout=output, stderr=output)
    try:
        wait(lambda: (folder / "demo.json").exists() or process.poll() is not None)
        assert process.poll() is None, (folder / "output").read_text("utf-8")
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(DEMO_SECONDS)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEMO_SECONDS
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def journal(demo: dict[str, Any]) -> dict[str, str]:
    """The settings by which a command opens the journal of the demonstration."""
    database = Path(demo["database"].removeprefix("sqlite:///"))
    return {
        "GATEWAY_MODE": "demo",
        "GATEWAY_TENANT": "cpts-vesle",
        "GATEWAY_DATABASE_URL": demo["database"],
        "GATEWAY_MASTER_KEY_FILE": str(database.with_name("master.key")),
    }


@pytest.fixture
def messages(demo: dict[str, Any]) -> list[dict[str, Any]]:
    """The journal once the first referral of the demonstration has been answered."""

    def listed() -> list[dict[str, Any]]:
        return check("messages", run("messages", "list", **journal(demo)))  # type: ignore[no-any-return]

    wait(lambda: "reply" in [message["kind"] for message in listed()])
    return listed()


def test_demo_json(demo: dict[str, Any]) -> None:
    check("demo", demo)


def test_messages_show(demo: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    (referral, *_) = [m for m in messages if m["kind"] == "referral-request" and m["thread"] == m["id"]]
    shown = check("message", run("messages", "show", referral["id"], **journal(demo)))
    assert shown["deliveries"]


def test_messages_trace(demo: dict[str, Any], messages: list[dict[str, Any]]) -> None:
    thread = next(message["thread"] for message in messages if message["kind"] == "reply")
    lines = check("trace", run("messages", "trace", thread, **journal(demo)))
    assert {"accepted", "addressed", "prepared", "sent", "delivered"} <= {line["code"] for line in lines}
    check("event", lines[0])


def test_clients_add(demo: dict[str, Any]) -> None:
    check("client", run("clients", "add", "essai", "--structure", "1990002172", **journal(demo)))


def test_demo_once(tmp_path: Path) -> None:
    """The very thing that `make demo ARGS=--once` runs."""
    result = check("demo-once", run("demo", "--once"))
    assert result["failed"] == 0, result["flows"]


# --- what a schema refuses ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("finding", {"code": "No such code", "severity": "error", "path": "", "text": "?"}),
        ("finding", {"code": "not-json", "severity": "bad", "path": "", "text": "?"}),
        ("loss-report", {"map": "referral"}),
        ("compare", {"equal": "yes", "differences": []}),
        ("convert", [{"input": "a.json"}]),
        ("event", {"code": "sent"}),
        ("demo", {}),
    ],
)
def test_a_schema_refuses(name: str, output: Any) -> None:
    with pytest.raises(ValidationError):
        check(name, output)
