"""`python -m reliability kills`: exit 0 when nothing was lost, phantom or doubled and every control was caught."""

import argparse
import logging
import random
import sys
from pathlib import Path

from reliability.durability import is_synced_before_answer
from reliability.kills import CONTROLS, Campaign, Control, campaign, plan
from reliability.report import Outcome, controls_table, disk_table, facts_of, machine, page, table

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"


def main() -> int:
    options = _options()
    logging.disable()  # the operator tells of every connection that breaks, and that is what happens here
    steps = plan(options.count, random.Random(options.seed))
    outcome = Outcome(
        options.seed, campaign(steps, options.seed, _say), tuple(_controls(options.seed)), tuple(_synced())
    )
    print("", table(outcome.campaign), *facts_of(outcome), "", sep="\n")
    print(controls_table(outcome), "", disk_table(outcome), "", machine(), sep="\n")
    for finding in outcome.campaign.verdict.findings:
        print(f"{finding.fault}: {finding.what}")
    if options.page:
        PAGE.write_text(page(outcome), "utf-8")
    return 0 if outcome.holds else 1


def _controls(seed: int) -> list[tuple[Control, Campaign]]:
    found = []
    for control in CONTROLS:
        _say(f"control: {control.sabotage} (its kills need not count)")
        found.append((control, campaign(control.steps, seed, _say, control.sabotage, insist=False)))
    return found


def _synced() -> list[tuple[str, bool | None]]:
    builds = ("", "answer-before-commit", "commit-without-sync")
    return [(sabotage, is_synced_before_answer(sabotage)) for sabotage in builds]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    kills = parser.add_subparsers(required=True).add_parser("kills", help="kill a running gateway again and again")
    kills.add_argument("--count", type=int, default=50, help="how many kills must count (default 50)")
    kills.add_argument("--seed", type=int, default=1, help="order of the steps, ids and moments")
    kills.add_argument("--no-page", dest="page", action="store_false", help="leave docs/reliability.md as it is")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
