"""`python -m tests.properties --examples N`: the properties of whole documents, on N generated messages at each level.

Prints the tables that it writes to `docs/properties.md`; fails where a property does, or where a control is not caught.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from gateway import __version__
from gateway.documentation.markdown import code, table
from gateway.fhir.format.bundle import Message
from tests.mapping.carries import CARRIED
from tests.mapping.properties import (
    FORMS,
    PROPERTIES,
    SABOTAGES,
    Trip,
    foreign,
    not_returned,
    sabotaged,
    survives_document,
    survives_message,
    travel,
)
from tests.mapping.strategies import bundles, message_of

_ONCE_EACH = settings(database=None, phases=[Phase.generate], deadline=None, suppress_health_check=[*HealthCheck])
PAGE = Path(__file__).parents[1] / "docs" / "properties.md"
TRAVELS = "a message becomes a document, and comes back"
BROKEN_DOCUMENT = "(f) a broken document: read, or refused by us"
BROKEN_MESSAGE = "(f) a broken message: mapped at both levels, or refused by us"
_CONTROL_MESSAGES, _BATCH = 1000, 50
_HEAD = """# Properties of whole documents

Made by `make properties`; do not edit. Messages are generated: a header with any of its optional parts, up to three
clinical resources of any kind that has a part, texts of any Unicode. All of them pass the door for FHIR messages. Each
is mapped to documents at both levels, packed into an archive, read again from its bytes and mapped back. A hundred
more run in every `make test` (`tests/mapping/test_properties.py`).

What is not asked: (b) takes the telecoms of a person for those of the role, as a CDA has one place for both, and leaves
blanks at the ends of a text aside; (e) leaves white space and capitals aside. What a CDA adds is not a failure.

"""


@dataclass
class Run:
    """What came of the examples so far."""

    examples: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    first: dict[tuple[str, str], str] = field(default_factory=dict)
    """A breach of each property that failed."""
    reached: set[str] = field(default_factory=set)

    def note(self, name: str, form: str, breaches: Sequence[str]) -> None:
        self.examples[name, form] += 1
        if breaches:
            self.failures[name, form] += 1
            self.first.setdefault((name, form), breaches[0])

    def message(self, bundle: dict[str, Any], chance: random.Random) -> None:
        """Every property of one message."""
        message = message_of(bundle)
        for form in FORMS:
            trips: list[Trip] = []
            breaches = foreign(partial(self._travel, message, form, trips), refusals=True)
            self.note(TRAVELS, form, breaches)
            for trip in trips:
                self._trip(trip, form, chance)
        self.note(BROKEN_MESSAGE, "both", survives_message(bundle, chance))

    @staticmethod
    def _travel(message: Message, form: str, trips: list[Trip]) -> None:
        trips.append(travel(message, form))

    def _trip(self, trip: Trip, form: str, chance: random.Random) -> None:
        self.reached |= set(trip.claimed)
        for name, check in PROPERTIES.items():
            self.note(name, form, check(trip))
        self.note(BROKEN_DOCUMENT, form, survives_document(trip.documents[0].content, chance))


def each_message(count: int, start: int, do: Callable[[dict[str, Any], random.Random], None]) -> None:
    """Generate `count` messages, the same for the same `start`; afresh after some, as Hypothesis repeats itself."""
    for done in range(0, count, _BATCH):
        _batch(min(_BATCH, count - done), start + done, do)


def _batch(count: int, start: int, do: Callable[[dict[str, Any], random.Random], None]) -> None:
    @seed(start)
    @settings(_ONCE_EACH, max_examples=count)
    @given(bundles(), st.integers(0, 2**32))
    def run(bundle: dict[str, Any], number: int) -> None:
        do(bundle, random.Random(number))

    run()


def caught_after(name: str, start: int) -> int | None:
    """How many messages it takes to see a sabotaged part."""
    seen = Counter[str]()

    def look(bundle: dict[str, Any], _: random.Random) -> None:
        if not seen["caught"]:
            seen["messages"] += 1
            seen["caught"] += bool(not_returned(travel(message_of(bundle), "level-3")))

    with sabotaged(name):
        for part in range(0, _CONTROL_MESSAGES, 100):
            each_message(100, start + part, look)
            if seen["caught"]:
                return seen["messages"]
    return None


# --- the tables --------------------------------------------------------------------------------------------------


def properties_table(run: Run) -> str:
    rows = [(name, form, str(count), str(run.failures[name, form])) for (name, form), count in run.examples.items()]
    return table(("property", "level", "examples", "failures"), sorted(rows))


def controls_table(controls: dict[str, int | None]) -> str:
    rows = [(name, f"caught by (b) after {n} messages" if n else "**not caught**") for name, n in controls.items()]
    return table(("sabotage", "result"), rows)


def coverage(run: Run) -> str:
    """How much of what the maps carry the messages reach, per type; what is not reached is named."""
    rows = []
    for kind in sorted({path.partition(".")[0] for path in CARRIED}):
        known = {path for path in CARRIED if path.startswith(f"{kind}.")}
        missed = sorted(path.partition(".")[2] for path in known - run.reached)
        rows.append((kind, f"{len(known) - len(missed)} of {len(known)}", ", ".join(map(code, missed)) or "–"))
    total = f"**{len(CARRIED & run.reached)} of {len(CARRIED)}**"
    return table(("resource", "elements reached", "not reached"), [*rows, ("all", total, "")])


def unlisted(run: Run) -> str:
    """What was carried and is on no list: the denominator would be too small."""
    found = sorted(run.reached - CARRIED)
    return f"\nCarried and on no list: {', '.join(map(code, found))}\n" if found else ""


def page(run: Run, controls: dict[str, int | None], said: str) -> str:
    first = "".join(f"- {name}, {form}: {code(breach)}\n" for (name, form), breach in run.first.items())
    return (
        _HEAD
        + said
        + "\n"
        + properties_table(run)
        + (f"\nOne breach of each:\n\n{first}" if first else "")
        + "\n## Controls\n\nA harness that cannot fail proves nothing: with a sabotaged part, (b) must fail.\n\n"
        + controls_table(controls)
        + "\n## What the messages reach\n\nElements that the maps carry structured, by their own lists "
        "(`tests/mapping/carries.py`, `tests/mapping/entries/test_round_trips.py`).\n\n" + coverage(run) + unlisted(run)
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.properties", description=__doc__)
    parser.add_argument("--examples", type=int, default=10_000, help="messages (default 10000)")
    parser.add_argument("--seed", type=int, default=20261122, help="where the generator starts")
    parser.add_argument("--no-page", dest="page", action="store_false", help="leave the page in docs/ as it is")
    options = parser.parse_args()
    run, began = Run(), time.monotonic()
    each_message(options.examples, options.seed, run.message)
    controls = {name: caught_after(name, options.seed) for name in SABOTAGES}
    minutes = (time.monotonic() - began) / 60
    said = f"{options.examples} messages, seed {options.seed}, {minutes:.0f} minutes, gateway {__version__}.\n"
    made = page(run, controls, said)
    print(made.removeprefix(_HEAD))
    if options.page:
        PAGE.write_text(made, "utf-8")
    return 1 if run.failures or None in controls.values() else 0


if __name__ == "__main__":
    sys.exit(main())
