"""What lines of the CPTS file say together: named twice, named nowhere, or said in two ways.

Pure. Judges only lines that are right one by one (`csv_file.read_lines`).
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations

from gateway.model import Finding
from gateway.registry.csv_columns import MAILBOX, ROLE, STRUCTURE
from gateway.registry.csv_file import Line, period_of
from gateway.registry.roster import Period

_BOX_TRAITS = ("mailbox_type", "form", "max_mb", "red_list")


def check_lines(lines: Sequence[Line]) -> list[Finding]:
    """Every fault between lines, by line."""
    structures, roles, boxes = (_of_kind(lines, kind) for kind in (STRUCTURE, ROLE, MAILBOX))
    findings = [
        *_repeated(structures, lambda s: s["structure"], "structure"),
        *_overlapping(roles),
        *_repeated(boxes, lambda b: (b["mailbox"], b["rpps"], b["structure"]), "mailbox"),
        *_contradicting(roles, lambda r: r["rpps"], ("family", "given")),
        *_contradicting(boxes, lambda b: b["mailbox"], _BOX_TRAITS),
        *_shared(boxes),
        *_unknown(structures, roles, boxes),
    ]
    return sorted(findings, key=lambda f: int(dict(f.facts)["line"]))


def _of_kind(lines: Sequence[Line], kind: str) -> list[Line]:
    return [line for line in lines if line["kind"] == kind]


def _groups(lines: Sequence[Line], key: Callable[[Line], Hashable]) -> list[list[Line]]:
    found: dict[Hashable, list[Line]] = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return list(found.values())


def _repeated(lines: Sequence[Line], key: Callable[[Line], Hashable], column: str) -> Iterator[Finding]:
    for first, *others in _groups(lines, key):
        yield from (_again("registry-duplicate", line, first, column) for line in others)


def _overlapping(roles: Sequence[Line]) -> Iterator[Finding]:
    """A person may leave a structure and come back, but is not there twice on one day."""
    for group in _groups(roles, lambda r: (r["rpps"], r["structure"])):
        for first, other in combinations(group, 2):
            if _period(first).overlaps(_period(other)):
                yield _again("registry-duplicate", other, first, "rpps")


def _contradicting(lines: Sequence[Line], key: Callable[[Line], Hashable], columns: Sequence[str]) -> Iterator[Finding]:
    for first, *others in _groups(lines, key):
        for line in others:
            yield from (_again("registry-contradiction", line, first, c) for c in columns if line[c] != first[c])


def _shared(boxes: Sequence[Line]) -> Iterator[Finding]:
    """A personal mailbox has one person."""
    personal = [box for box in boxes if box["mailbox_type"] == "PER"]
    yield from (box.finding("registry-missing-value", "rpps") for box in personal if not box["rpps"])
    yield from _contradicting(personal, lambda b: b["mailbox"], ("rpps",))


def _unknown(structures: Sequence[Line], roles: Sequence[Line], boxes: Sequence[Line]) -> Iterator[Finding]:
    places = {s["structure"] for s in structures} | {""}
    people = {r["rpps"] for r in roles} | {""}
    situations = {(r["rpps"], r["structure"]) for r in roles}
    for line in (*roles, *boxes):
        if line["structure"] not in places:
            yield line.finding("registry-unknown-reference", "structure")
    for role in roles:
        if role["replaced_by"] not in people:
            yield role.finding("registry-unknown-reference", "replaced_by")
    for box in boxes:
        alone = not (box["rpps"] and box["structure"])
        if box["rpps"] not in people if alone else (box["rpps"], box["structure"]) not in situations:
            yield box.finding("registry-unknown-reference", "rpps")


def _again(code: str, line: Line, first: Line, column: str) -> Finding:
    return line.finding(code, column, first=str(first.number))


def _period(line: Line) -> Period:
    return period_of(line, "since", "until")
