"""Is the receipt of loss of a foreign document true? Each leaf is changed in turn, and the change must show.

`structured`: in the FHIR outside narrative; `narrative`: in a narrative; `attached`: in an attachment. Where the
changed value goes elsewhere (a code that we do not know goes to words), the receipt of the changed document says
where, and there it must show. What is not structural, and shows nowhere, is a lie of the receipt.

All leaves of a folder: `python -m tests.mapping.receipt_truth DIR` (some seconds per document), or `make properties`.
"""

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.mapping.catalog import document_to_fhir
from gateway.mapping.context import BENCH
from gateway.mapping.result import Mapped, Outcome
from gateway.mssante.format import cda
from gateway.mssante.format.cda import ClinicalDocument

SWAPS: Mapping[str, Mapping[str, str]] = {
    "use": {"H": "WP", "HP": "WP", "WP": "H", "MC": "WP"},
    "nullFlavor": {"UNK": "NASK", "NI": "UNK", "NA": "UNK", "NASK": "UNK"},
    "qualifier": {"BR": "CL", "CL": "BR", "SP": "BR"},
    "typeCode": {"RPLC": "APND", "APND": "RPLC", "XFRM": "RPLC"},
    "negationInd": {"true": "false", "false": "true"},
}
"""Attribute → value → another value that means something else."""


@dataclass(frozen=True)
class Lie:
    """A leaf whose change does not show where the receipt says."""

    path: str
    outcome: str
    rule: str
    said_after: str
    """Where the receipt of the changed document puts it."""

    def __str__(self) -> str:
        return f"{self.outcome} by {self.rule}, then {self.said_after}: {self.path}"


@dataclass(frozen=True)
class Leaf:
    """One place of the document that can be changed."""

    path: str
    read: Callable[[], str]
    write: Callable[[str], None]


def leaves_of(element: etree._Element, path: str) -> Iterator[Leaf]:
    """Every attribute and every text that is not blank, by the paths of the receipt, walked independently of it."""
    for name in element.attrib:
        local = etree.QName(name).localname
        yield Leaf(f"{path}/@{local}", lambda n=name: element.get(n) or "", lambda v, n=name: element.set(n, v))
    if (element.text or "").strip():
        yield Leaf(f"{path}/text()", lambda: element.text or "", lambda v: setattr(element, "text", v))
    seen: dict[str, int] = {}
    for index, child in enumerate(element, 1):
        if isinstance(child.tag, str):
            name = etree.QName(child).localname
            seen[name] = seen.get(name, 0) + 1
            yield from leaves_of(child, f"{path}/{name}[{seen[name]}]")
        if (child.tail or "").strip():
            place = f"{path}/text()[{index + 1}]"
            yield Leaf(place, lambda c=child: c.tail or "", lambda v, c=child: setattr(c, "tail", v))


def changed(path: str, value: str) -> str:
    """Another value of the same shape: its last letter or digit is the next one (of an attachment, the first)."""
    name = path.rpartition("@")[2]
    if other := SWAPS.get(name, {}).get(value):
        return other
    positions = [i for i, character in enumerate(value) if character.isalnum()]
    if not positions:
        return value + "x"
    position = positions[0] if len(value) > 2000 else positions[-1]
    return value[:position] + _next(value[position]) + value[position + 1 :]


def _next(character: str) -> str:
    if character.isdigit():
        return str((int(character) + 1) % 10) if character.isascii() else "7"
    other = "Y" if character in "xX" else "X"
    return other if character.isupper() else other.lower()


Views = Mapping[Outcome, Any]


def views_of(bundle: Mapping[str, Any]) -> Views:
    """What each outcome must change: the FHIR without words and attachments, the words, the attachments."""
    words: list[str] = []
    data: list[str] = []
    structured = _without(bundle, words, data)
    return {Outcome.STRUCTURED: structured, Outcome.NARRATIVE: words, Outcome.ATTACHED: data}


def _without(value: Any, words: list[str], data: list[str]) -> Any:
    if isinstance(value, Mapping):
        words += [value["div"]] if "div" in value else []
        data += [value["data"]] if "data" in value else []
        return {k: _without(v, words, data) for k, v in value.items() if k not in ("div", "data")}
    return [_without(item, words, data) for item in value] if isinstance(value, list) else value


def lies(document: ClinicalDocument, choose: Callable[[list[Leaf]], list[Leaf]] = list) -> list[Lie]:
    """Every disagreement among the leaves that `choose` picks; structural ones are not asked."""
    before = _mapped(document)
    said = {item.path: item for item in before.loss.items if item.outcome in set(Outcome)}
    places = {leaf.path: leaf for leaf in leaves_of(document.root, "ClinicalDocument")}
    assert set(places) == set(said)
    seen = views_of(before.value)
    found = []
    for leaf in choose([leaf for leaf in places.values() if said[leaf.path].outcome != Outcome.STRUCTURAL]):
        after = _with_change(document, leaf)
        now = next(str(item.outcome) for item in after.loss.items if item.path == leaf.path)
        if not _shows(now, seen, views_of(after.value)):
            found.append(Lie(leaf.path, str(said[leaf.path].outcome), said[leaf.path].rule, now))
    return found


def _shows(outcome: str, before: Views, after: Views) -> bool:
    return outcome in (Outcome.STRUCTURED, Outcome.NARRATIVE, Outcome.ATTACHED) and (
        before[Outcome(outcome)] != after[Outcome(outcome)]
    )


def _with_change(document: ClinicalDocument, leaf: Leaf) -> Mapped[dict[str, Any]]:
    value = leaf.read()
    leaf.write(changed(leaf.path, value))
    try:
        return _mapped(document)
    finally:
        leaf.write(value)


def _mapped(document: ClinicalDocument) -> Mapped[dict[str, Any]]:
    return document_to_fhir(document, BENCH, "")


def sample(count: int, seed: int) -> Callable[[list[Leaf]], list[Leaf]]:
    """A choice of `count` leaves."""
    return lambda leaves: random.Random(seed).sample(leaves, min(count, len(leaves)))


def main() -> int:
    """Every leaf of every document, or `--sample N` of each; one line per lie."""
    parser = argparse.ArgumentParser(prog="python -m tests.mapping.receipt_truth", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=10**9, help="how many leaves of each document (default: all)")
    options = parser.parse_args()
    total = 0
    for path in sorted(path for folder in options.folders for path in folder.rglob("*.xml")):
        found = lies(cda.read(path.read_bytes()), sample(options.sample, 1))
        print(f"{path.name}: {len(found)}", *(f"  {lie}" for lie in found), sep="\n", flush=True)
        total += len(found)
    print(f"{total} disagreement(s)")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
