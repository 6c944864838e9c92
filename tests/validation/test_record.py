"""What was judged is what we make today; no kit is needed to know."""

import csv
from pathlib import Path

import pytest

from gateway.documentation.ans_validation import documents
from gateway.mssante.format import cda, xml
from gateway.mssante.format.cda_body import pdf_element
from gateway.validation.ans_kit import COMMON_PROFILES
from gateway.validation.record import canonical_hash, commit_of
from gateway.validation.verdict import MIN_STRUC_MIN_RULES, STRUC_MIN

ROOT = Path(__file__).parents[2]
AGAIN = "run: python -m gateway.documentation.ans_validation --kit DIR (docs/ans-validation.md)"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def _recorded() -> dict[str, dict[str, str]]:
    lines = (ROOT / "docs/ans-validation.tsv").read_text("utf-8").splitlines()
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
    return {row["document"]: row for row in rows}


RECORDED = _recorded()
DOCUMENTS = documents(ROOT / "fixtures")


def test_every_document_of_the_fixtures_was_judged_and_nothing_else() -> None:
    assert list(RECORDED) == list(DOCUMENTS), AGAIN


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_still_the_one_that_was_judged(name: str) -> None:
    assert RECORDED[name]["sha256"] == canonical_hash(DOCUMENTS[name]), AGAIN


@pytest.mark.parametrize("name", RECORDED)
def test_every_judged_document_passes_with_rules_that_ran(name: str) -> None:
    row = RECORDED[name]
    assert (row["result"], row["XSD"], row["failed"]) == ("passes", "0", "0")
    assert int(row[STRUC_MIN]) >= MIN_STRUC_MIN_RULES
    assert set(COMMON_PROFILES) < set(row)


def test_the_page_tells_the_same_documents_and_the_same_kit() -> None:
    page = (ROOT / "docs/ans-validation.md").read_text("utf-8")
    first = (ROOT / "docs/ans-validation.tsv").read_text("utf-8").splitlines()[0]
    assert f"`{first.split()[3].rstrip(',')}`" in page
    assert all(f"| {name} | passes |" in page for name in RECORDED)
    assert "**" not in page.partition("## Controls")[2]


def test_the_hash_does_not_look_into_the_pdf_and_sees_everything_else() -> None:
    content = DOCUMENTS["referral-request/01-plain/level-1/1"]
    other_pdf = cda.write(cda.with_pdf(cda.read(content), b"%PDF-1.7 another"))
    assert other_pdf != content
    assert canonical_hash(other_pdf) == canonical_hash(content)
    other_title = content.replace(b"<title>", b"<title>x")
    assert canonical_hash(other_title) != canonical_hash(content)


def test_the_hash_does_not_look_into_the_pdf_copy_of_level_3_either() -> None:
    document = cda.read(DOCUMENTS["mssante/cda/referral-level3"])
    before = canonical_hash(cda.write(document))
    copy = pdf_element(document)
    assert copy is not None
    copy.text = "JVBERi0xLjc="
    assert canonical_hash(cda.write(document)) == before
    copy.set("mediaType", "image/png")
    assert canonical_hash(cda.write(document)) != before


def test_the_hash_is_that_of_the_canonical_form() -> None:
    content = DOCUMENTS["referral-request/01-plain/level-1/1"]
    root = xml.parse(content, "cda-unreadable")
    turned = content.replace(b'<realmCode code="FR"/>', b"<realmCode code='FR'></realmCode>")
    assert turned != content
    assert root.find("{*}realmCode") is not None
    assert canonical_hash(turned) == canonical_hash(content)


@pytest.mark.parametrize(
    ("head", "files"),
    [
        (COMMIT, {}),
        ("ref: refs/heads/main", {"refs/heads/main": COMMIT}),
        ("ref: refs/heads/main", {"packed-refs": f"# pack-refs with: peeled\n{COMMIT} refs/heads/main"}),
    ],
)
def test_the_commit_of_a_git_folder_is_read(tmp_path: Path, head: str, files: dict[str, str]) -> None:
    for name, text in {"HEAD": head, **files}.items():
        path = tmp_path / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", "utf-8")
    assert commit_of(tmp_path) == COMMIT


@pytest.mark.parametrize("head", [None, "", "ref: refs/heads/gone", "main", COMMIT[:12]])
def test_any_other_folder_has_no_commit(tmp_path: Path, head: str | None) -> None:
    if head is not None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git/HEAD").write_text(head, "utf-8")
    assert commit_of(tmp_path) is None
