"""`docs/ans-validation.md` and its machine-readable twin: what the ANS validators say of the fixtures.

Each document of the fixtures is judged, and the controls must bite; then each is recorded with the SHA-256 of its
canonical form, without the PDF that it embeds. A test compares these hashes with the documents of today and needs no
kit: a document that has changed since it was judged makes it fail, until somebody runs

    python -m gateway.validation.record --kit DIR

Source: W3C Canonical XML 2.0.
"""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from lxml import etree

from gateway.errors import GatewayError
from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.reading import parse_json
from gateway.mapping.catalog import DOCUMENT_TYPES
from gateway.mapping.context import Context
from gateway.mapping.packing import finish_written
from gateway.mssante.format import cda
from gateway.mssante.format.cda_body import pdf_element
from gateway.validation.ans_kit import COMMON_PROFILES, AnsKit
from gateway.validation.controls import CONTROLS, bites, broken
from gateway.validation.record_page import UsedKit, page
from gateway.validation.verdict import Verdict

CONTEXT = Context(datetime(2026, 11, 20, 8, 31, tzinfo=UTC), "fixture")
FORMS = ("level-1",)
"""The forms of a document that are recorded. Level 3 joins them once its entries are stable."""
_PDF = b"%PDF-1.4\n%%EOF\n"
"""Neither a validator nor the hash looks into it, so the record does not change with the printer."""
_COLUMNS = ("document", "sha256", "result", "XSD", *COMMON_PROFILES, "own", "own_fired", "failed", "advice")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def documents(fixtures: Path) -> dict[str, bytes]:
    """Every document to be judged: what our mappings make of each message, and the documents of others."""
    found: dict[str, bytes] = {}
    for kind in DOCUMENT_TYPES:
        for path in sorted((fixtures / kind.event).glob("*/input.json")):
            message = index_message(parse_json(path.read_bytes()))
            for form in FORMS:
                written = kind.to_cda(message, CONTEXT, "", form).value
                for number, document in enumerate(finish_written(written, _PDF), 1):
                    found[f"{kind.event}/{path.parent.name}/{form}/{number}"] = document.content
    others = sorted((fixtures / "mssante" / "cda").glob("*.xml"))
    return found | {f"mssante/cda/{path.stem}": path.read_bytes() for path in others}


def canonical_hash(content: bytes) -> str:
    """SHA-256 of a document in canonical form, the PDF left out that is its body (level 1) or its copy (level 3)."""
    document = cda.read(content)
    pdf = pdf_element(document)
    if pdf is not None:
        pdf.text = None
    return sha256(etree.tostring(document.root, method="c14n2")).hexdigest()


def commit_of(folder: Path) -> str | None:
    """The commit of a folder that git made; None where it is not one."""
    git = folder / ".git"
    head = _read(git / "HEAD")
    if head.startswith("ref: "):
        name = head.removeprefix("ref: ")
        packed = (line.partition(" ") for line in _read(git / "packed-refs").splitlines())
        head = _read(git / name) or next((commit for commit, _, ref in packed if ref == name), "")
    return head if _COMMIT.fullmatch(head) else None


def _read(path: Path) -> str:
    return path.read_text("utf-8").strip() if path.is_file() else ""


def record(kit: AnsKit, commit: str, fixtures: Path, docs: Path) -> bool:
    """Judge, check the controls, write both files into `docs`. Whether everything passes and every control bites."""
    judged = documents(fixtures)
    spoilt = [(control.name, broken(control, judged)) for control in CONTROLS]
    verdicts = kit.validate([*judged.items(), *spoilt])
    ours, others = verdicts[: len(judged)], verdicts[len(judged) :]
    controls = list(zip(CONTROLS, others, strict=True))
    copy = kit.copy
    used = UsedKit(commit, copy.fingerprint, kit.engine_version, copy.unchecked_terminologies, copy.missing_includes)
    (docs / "ans-validation.tsv").write_text("".join(_lines(used, judged, ours)), "utf-8")
    (docs / "ans-validation.md").write_text(page(used, ours, controls), "utf-8")
    return all(verdict.passes for verdict in ours) and all(bites(*pair) for pair in controls)


def _lines(kit: UsedKit, judged: Mapping[str, bytes], verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield f"# kit commit {kit.commit}, content {kit.fingerprint}; made by gateway/validation/record.py, do not edit\n"
    yield "\t".join(_COLUMNS) + "\n"
    for verdict in verdicts:
        yield "\t".join((verdict.name, canonical_hash(judged[verdict.name]), *_numbers(verdict))) + "\n"


def _numbers(verdict: Verdict) -> Iterator[str]:
    blocking = sum(rule.blocks for _, rule in verdict.failed)
    own = next((result for result in verdict.profiles if result.profile not in COMMON_PROFILES), None)
    yield "passes" if verdict.passes else "fails"
    yield str(len(verdict.schema_errors))
    yield from (str(verdict.fired(profile)) for profile in COMMON_PROFILES)
    yield from (own.profile, str(own.fired)) if own else ("-", "-")
    yield str(blocking)
    yield str(len(verdict.failed) - blocking)


def main() -> int:
    """Regenerate both files; 1 where something fails, 2 where the kit cannot be used."""
    parser = ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--kit", type=Path, required=True, help="folder of the ANS repository TestContenuCDA-3-0")
    parser.add_argument("--commit", help="commit of the kit, where its folder was not made by git")
    parser.add_argument("--scratch", type=Path, default=Path("var/ans-kit"), help="working copy and compiled rules")
    parser.add_argument("--fixtures", type=Path, default=Path("fixtures"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    given = parser.parse_args()
    commit = given.commit or commit_of(given.kit)
    if commit is None:
        parser.error("this folder was not made by git: give --commit")
    try:
        return 0 if record(AnsKit.open(given.kit, given.scratch), commit, given.fixtures, given.docs) else 1
    except GatewayError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
