"""Is a referral on the disk before its sender reads `ok`? Seen by strace, between the request and the answer.

SIGKILL cannot show this: what the kernel has taken survives it. Where strace is absent or may not attach, nothing is
claimed.
"""

import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gateway.commands.demo_client import DemoClient
from reliability.instrumented import Orders
from reliability.software import referral
from reliability.world import Life, running_world

_CALLS = "trace=pwrite64,fdatasync,recvfrom,sendto"
_SYNC = re.compile(r"^(?P<pid>\d+) .*(?:fdatasync\(.*-wal>(?P<begins>.*)|<\.\.\. fdatasync resumed>)")


def is_synced_before_answer(sabotage: str = "") -> bool | None:
    """Trace one referral. None: it could not be traced."""
    if not shutil.which("strace"):
        return None
    with tempfile.TemporaryDirectory(prefix="cpts-strace-") as folder, running_world(Path(folder)) as world:
        life = world.begin_life(Orders(sabotage=sabotage))
        client = DemoClient(world.base_url, world.token)
        client.wait_until_ready(life.is_alive)
        lines = _traced(life, client, Path(folder) / "trace")
        life.stop()
    return syncs_before_answer(lines) if lines else None


def syncs_before_answer(lines: Iterable[str]) -> bool:
    """Whether, of the calls after the request, a write to the log and then an fsync of it end before the answer.

    One thread writes, so the first fsync that ends after the first write is that of the referral's own commit.
    """
    written = synced = False
    syncing: set[str] = set()
    for line in lines:
        if '"POST /fhir/' in line:
            written = synced = False
        elif "pwrite64(" in line and "-wal>" in line:
            written = True
        elif found := _SYNC.match(line):
            synced |= written and _ends(found, syncing)
        elif '"HTTP/1.1 200' in line:
            return synced
    return False


def _ends(call: re.Match[str], syncing: set[str]) -> bool:
    """A call that another thread interrupts takes two lines; only the second is its end."""
    if call["begins"] is None:
        return call["pid"] in syncing
    if "unfinished" not in call["begins"]:
        return True
    syncing.add(call["pid"])
    return False


def _traced(life: Life, client: DemoClient, trace: Path) -> list[str] | None:
    command = ["strace", "-f", "-y", "-s", "40", "-e", _CALLS, "-o", str(trace), "-p", str(life.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:  # noqa: S603 - nothing of others
        assert strace.stderr
        is_attached = "attached" in strace.stderr.readline()
        if is_attached:
            client.post(referral(0, random.Random(1)).content)
        strace.terminate()
    return trace.read_text("utf-8", "replace").splitlines() if is_attached else None
