"""`python -m tests.conformance.sabotaged DEFECT FOLDER`: a gateway with one defect, until standard input ends.

`none` is a right gateway. It writes `TARGET.toml` into the folder, then says `ready`.
"""

import json
import sys
from functools import partial
from pathlib import Path

from conformance.demo import target_of_demo
from gateway import app
from gateway.commands.demo import how_to_join
from gateway.commands.demo_world import running_world
from gateway.commands.serve import configure_logging
from gateway.flows.read_mailbox import ReadMailbox
from tests.conformance.sabotaged.defects import DEFECTS, replace

PATIENCE_SECONDS, QUIET_SECONDS = 8.0, 1.5
IDLE_SECONDS = 1.0
"""Mailboxes are looked at this often at least, so that a short patience is fair."""


def main(defect: str, folder: Path) -> None:
    """Sabotage, run, wait."""
    configure_logging("critical")
    replace(app, "ReadMailbox", partial(ReadMailbox, idle_seconds=IDLE_SECONDS))
    DEFECTS[defect]()
    with running_world(folder / "world") as world:
        joining = json.loads(json.dumps(how_to_join(world)))
        (folder / "TARGET.toml").write_text(target_of_demo(joining, PATIENCE_SECONDS, QUIET_SECONDS), "utf-8")
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
