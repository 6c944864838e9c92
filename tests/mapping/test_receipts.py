"""The receipt of loss tells the truth: it counts every leaf once, and what it says of a leaf is what happened to it."""

import io
import json
import re
from base64 import b64encode
from copy import deepcopy
from functools import cache
from typing import Any

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import GatewayError
from gateway.fhir.format.bundle import index_message
from gateway.fhir.format.leaves import Primitive, leaves
from gateway.mapping.context import BENCH
from gateway.mapping.document_types.referral import to_cda
from gateway.mapping.document_types.written import Written
from gateway.mapping.result import Item, LossReport, Mapped, Outcome
from gateway.mssante.adapters.pdf_renderer import TypstRenderer
from gateway.mssante.format import cda
from tests.mapping.letter.bundles import texts_of
from tests.mapping.letter.test_letter import other, put
from tests.referrals import CASES, PLAIN, bundle_of, content_of, only

FORMS = ("level-1", "level-3")


@cache
def mapped(case: str, form: str = "level-1") -> Mapped[Written]:
    return to_cda(index_message(bundle_of(case)), BENCH, "", form)


def leaves_in(value: Any) -> int:
    """A second counter, which knows nothing of paths: each JSON value that is not an object, an array or null."""
    if isinstance(value, dict):
        return sum(map(leaves_in, value.values()))
    return sum(map(leaves_in, value)) if isinstance(value, list) else int(value is not None)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_the_counts_add_up_to_every_leaf_of_the_source(case: str, form: str) -> None:
    receipt = mapped(case, form).loss.as_json()
    counts = receipt["counts"]
    assert (
        sum(counts[outcome.value] for outcome in Outcome) == counts["leaves"] == leaves_in(json.loads(content_of(case)))
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost(case: str, form: str) -> None:
    assert mapped(case, form).loss.lost == ()


@pytest.mark.parametrize("case", CASES)
def test_every_leaf_has_one_outcome_and_a_rule(case: str) -> None:
    told = [item for item in mapped(case).loss.items if item.outcome in set(Outcome)]
    assert [item.path for item in told] == [path for path, _ in leaves(bundle_of(case), "Bundle")]
    assert all(item.rule for item in told)


def test_a_leaf_that_nobody_knows_shows_as_lost() -> None:
    bundle = bundle_of(PLAIN)
    bundle["entry"][0]["resource"]["reason"] = {"text": "un mot"}
    bundle["entry"][3]["resource"]["identifier"][0]["period"] = {"start": "2020"}
    receipt = to_cda(index_message(bundle), BENCH).loss
    lost = {item.path for item in receipt.lost}
    assert lost <= {"Bundle.entry[0].resource.reason.text", "Bundle.entry[3].resource.identifier[0].period.start"}
    assert sum(receipt.as_json()["counts"][o.value] for o in Outcome) == leaves_in(
        json.loads(json.dumps(bundle, default=str))
    )


# --- the words ---------------------------------------------------------------------------------------------------


def letters_only(text: str) -> str:
    """Without spaces, hyphens that a line break may add, and the difference between kinds of apostrophe."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text).replace("’", "'")


@cache
def pdf_text(case: str) -> str:
    letter = mapped(case).value.letter
    pages = pypdf.PdfReader(io.BytesIO(TypstRenderer().render(letter, BENCH.at))).pages
    return letters_only("".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("case", CASES)
def test_every_text_of_the_letter_stands_in_the_pdf(case: str) -> None:
    """With the test of changes below: every narrative leaf reads in the PDF."""
    letter, printed = mapped(case).value.letter, pdf_text(case)
    texts = [*texts_of(letter), letter.title, letter.author.name, letter.patient.name, *letter.patient.lines]
    missing = [text for text in texts if letters_only(text) not in printed]
    # A table may go over a page, and a cell over several lines beside others: then word by word.
    assert [w for text in missing for w in text.split() if letters_only(w) not in printed] == []


@pytest.mark.parametrize("case", CASES)
def test_the_senders_own_sentences_stand_in_the_pdf_word_for_word(case: str) -> None:
    values = dict(leaves(bundle_of(case), "Bundle"))
    told = [str(values[i.path]) for i in mapped(case).loss.items if i.outcome == Outcome.NARRATIVE]
    sentences = [value for value in told if len(value.split()) > 3 and "<" not in value]
    assert [s for s in sentences if letters_only(s.rstrip(" .")) not in pdf_text(case)] == []


# --- truth by change ---------------------------------------------------------------------------------------------

LEAVES = [
    (case, item, value)
    for case in CASES
    for item, (_, value) in zip(mapped(case).loss.items, leaves(bundle_of(case), "Bundle"), strict=False)
    if item.outcome in (Outcome.STRUCTURED, Outcome.NARRATIVE, Outcome.WITHHELD)
    and not item.path.endswith(".reference")
]
Leaf = tuple[str, Item, Primitive]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LEAVES), st.sampled_from(FORMS))
def test_what_is_said_of_a_leaf_is_what_a_change_of_it_shows(leaf: Leaf, form: str) -> None:
    assert_truth(leaf, form)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_said_of_each_leaf_of_the_plain_message_is_true(form: str) -> None:
    for leaf in (leaf for leaf in LEAVES if leaf[0] == PLAIN):
        assert_truth(leaf, form)


def assert_truth(leaf: Leaf, form: str) -> None:
    """While a leaf is called structured a change of it shows in the CDA; while narrative, in the letter."""
    case, item, value = leaf
    bundle = deepcopy(bundle_of(case))
    put(bundle, item.path, other(value))
    try:
        changed = to_cda(index_message(bundle), BENCH, "", form)
    except GatewayError:
        return  # refused aloud
    outcome = outcome_of(changed.loss, item.path)
    if outcome == Outcome.STRUCTURED:
        assert headers_of(changed.value) != headers_of(mapped(case, form).value), item
    elif outcome == Outcome.NARRATIVE:
        assert changed.value.letter != mapped(case, form).value.letter, item
    elif outcome == Outcome.WITHHELD:
        assert str(other(value)) not in everything(changed), item
    else:
        assert outcome in (Outcome.LOST, Outcome.STRUCTURAL), item


def outcome_of(receipt: LossReport, path: str) -> str:
    return next(i.outcome for i in receipt.items if i.path == path)


def headers_of(written: Written) -> list[bytes]:
    return [etree.tostring(draft.document.root, method="c14n") for draft in written.drafts]


def everything(done: Mapped[Written]) -> str:
    letter = done.value.letter
    printed = " ".join((*texts_of(letter), *letter.patient.lines, letter.patient.name))
    return printed + b" ".join(headers_of(done.value)).decode()


def test_an_ins_that_may_not_travel_is_in_nothing_that_leaves() -> None:
    bundle = json.loads(content_of(PLAIN).replace(b'"QUAL"', b'"PROV"'))
    done = to_cda(index_message(bundle), BENCH)
    withheld = [item for item in done.loss.items if item.outcome == Outcome.WITHHELD]
    assert "ins-not-qualified" in {item.rule for item in withheld}
    assert "252035145404215" not in everything(done)
    assert all("252035145404215" not in cda.write(draft.document).decode() for draft in done.value.drafts)


@pytest.mark.parametrize("system", ["https://nobody.example/status", ""])
def test_a_qualification_in_a_system_that_nobody_knows_is_none(system: str) -> None:
    bundle = bundle_of(PLAIN)
    only(bundle, "Patient")["extension"][0]["extension"][0]["valueCoding"]["system"] = system
    assert "252035145404215" not in everything(to_cda(index_message(bundle), BENCH))


@pytest.mark.parametrize("code", ["U", "L", "M", "N", "R", "V"])
def test_every_confidentiality_is_carried_or_told(code: str) -> None:
    bundle = bundle_of("10-composition")
    only(bundle, "Composition")["confidentiality"] = code
    done = to_cda(index_message(bundle), BENCH)
    path = next(
        f"Bundle.entry[{n}].resource.confidentiality"
        for n, e in enumerate(bundle["entry"])
        if e["resource"]["resourceType"] == "Composition"
    )
    carried = code in ("N", "R", "V")
    assert outcome_of(done.loss, path) == ("structured" if carried else "narrative")
    header = done.value.drafts[0].document.confidentiality
    assert header and header.code == (code if carried else "N")


def test_an_attachment_is_attached_as_it_is() -> None:
    done = mapped("04-attachments")
    attached = [item.path for item in done.loss.items if item.outcome == Outcome.ATTACHED]
    values = dict(leaves(bundle_of("04-attachments"), "Bundle"))
    pdfs = [b64encode(draft.pdf).decode() for draft in done.value.drafts if draft.pdf]
    assert pdfs
    assert set(pdfs) <= {str(values[path]) for path in attached}


def test_the_target_is_named_by_its_hash_once_it_is_final() -> None:
    receipt = mapped(PLAIN).loss
    assert "sha256" not in receipt.as_json()["target"]
    assert receipt.with_target_hash("ab" * 32).as_json()["target"]["sha256"] == "ab" * 32
