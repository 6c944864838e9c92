"""A gateway in a process of its own, right or with one defect, started by a command that is not ours.

The command gets two more arguments: the name of the defect (`none` for a right gateway) and a folder. Once the gateway
runs it has written `TARGET.toml` there and says `ready`; it ends when its standard input ends.
"""

import selectors
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.target import Target, read_target
from conformance.verdicts import Broken

DEFAULT_COMMAND = f"{shlex.quote(sys.executable)} -m tests.conformance.sabotaged"
RIGHT = "none"
START_SECONDS, STOP_SECONDS = 60.0, 30.0


@contextmanager
def started(defect: str, command: str = "") -> Iterator[Target]:
    """A running gateway. Raises Broken where it does not come up."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        line = [*shlex.split(command or DEFAULT_COMMAND), defect, folder]
        process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            _wait_until_ready(process)
            yield read_target(Path(folder) / "TARGET.toml")
        finally:
            _stop(process)


def _wait_until_ready(process: "subprocess.Popen[str]") -> None:
    assert process.stdout
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        came = selector.select(START_SECONDS)
    if not came or process.stdout.readline().strip() != "ready":
        raise Broken(f"the gateway did not start: {shlex.join(map(str, process.args))}")  # type: ignore[arg-type]


def _stop(process: "subprocess.Popen[str]") -> None:
    assert process.stdin and process.stdout
    process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
