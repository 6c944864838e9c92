"""The record of a validation: `ans-validation.md` and its machine-readable twin `ans-validation.tsv`.

Each document is judged and the controls must bite; then each is recorded with the SHA-256 of its canonical form,
without the PDF that it embeds. A test compares these hashes with the documents of today and needs no kit: a document
that has changed since it was judged makes it fail, until somebody judges again.

Source: W3C Canonical XML 2.0.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from lxml import etree

from gateway.mssante.format import cda
from gateway.mssante.format.cda_body import pdf_element
from gateway.validation.ans_kit import COMMON_PROFILES, AnsKit
from gateway.validation.controls import CONTROLS, bites, broken
from gateway.validation.record_page import UsedKit, page
from gateway.validation.verdict import Verdict

_COLUMNS = ("document", "sha256", "result", "XSD", *COMMON_PROFILES, "own", "own_fired", "failed", "advice")
_COMMIT = re.compile(r"[0-9a-f]{40}")


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


def record(kit: AnsKit, commit: str, judged: Mapping[str, bytes], docs: Path) -> bool:
    """Judge, check the controls, write both files into `docs`. Whether everything passes and every control bites."""
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
    yield f"# kit commit {kit.commit}, content {kit.fingerprint}; made by gateway.documentation.ans_validation\n"
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
