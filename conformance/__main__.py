"""`python -m conformance`: run the suite, list what it checks, or show that it catches what is wrong.

Exit 0: the target conforms in what is checked. 1: it does not, or that could not be established. 2: wrong use.
"""

import argparse
import json
import sys
from pathlib import Path

from conformance.demo import target_of_demo
from conformance.report import write_report
from conformance.report.as_text import summary, teller
from conformance.requirements import requirements
from conformance.run import choose, run
from conformance.target import TargetError, read_target
from conformance.verdicts import Broken
from conformance.words import words_of

GOOD, BAD, WRONG_USE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """The command line. Returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.does(given))
    except (TargetError, Broken) as error:
        print(error, file=sys.stderr)
        return WRONG_USE if isinstance(error, TargetError) else BAD


def _run(given: argparse.Namespace) -> int:
    target, checks = read_target(given.target), choose(given.check)
    if not checks:
        print(f"no check begins with {' '.join(given.check)}", file=sys.stderr)
        return WRONG_USE
    done = run(target, checks, teller(len(checks), given.language))
    if given.report:
        write_report(done, given.report)
    print(summary(done, given.language))
    return GOOD if done.conforms else BAD


def _list(given: argparse.Namespace) -> int:
    for row in requirements():
        tested = " ".join(row.tested_by) or f"not tested: {row.not_tested_because}"
        print(f"{row.id:8} {row.level:6} {row.text}\n{'':15} {row.source} | {tested}")
    for check in choose(()):
        words = words_of(check.name)
        print(f"{check.name:30} {words.fr if given.language == 'fr' else words.en}")
    return GOOD


def _target(given: argparse.Namespace) -> int:
    try:
        demo = json.loads(given.demo.read_text("utf-8"))
        print(target_of_demo(demo), end="")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TargetError(f"{given.demo}: {error}") from None
    return GOOD


def _selftest(given: argparse.Namespace) -> int:
    from conformance.wrong.selftest import selftest

    return selftest(given.right, given.only, given.table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description="Is this gateway conformant?")
    parser.add_argument("--language", choices=("fr", "en"), default="fr")
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="check a target")
    running.add_argument("--target", type=Path, required=True, help="TARGET.toml: see conformance/TARGET.md")
    running.add_argument("--report", type=Path, help="folder for report.json, junit.xml, index.html and evidence")
    running.add_argument(
        "--check", action="append", default=[], help="only checks whose name begins so; may be repeated"
    )
    running.set_defaults(does=_run)
    listing = commands.add_parser("list", help="list obligations and checks")
    listing.set_defaults(does=_list)
    making = commands.add_parser("target", help="print a TARGET.toml for a running demonstration")
    making.add_argument("demo", type=Path, help="the demo.json that it writes")
    making.set_defaults(does=_target)
    testing = commands.add_parser("selftest", help="show that deliberately wrong gateways are caught")
    testing.add_argument(
        "--right", default="", help="command that starts a gateway: see conformance/wrong/processes.py"
    )
    testing.add_argument("--only", action="append", default=[], help="only this wrong gateway; may be repeated")
    testing.add_argument("--table", type=Path, help="write the table into this Markdown page")
    testing.set_defaults(does=_selftest)
    return parser


if __name__ == "__main__":
    sys.exit(main())
