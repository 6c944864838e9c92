"""The receipt of a document that others wrote is true: what it says of a leaf shows when the leaf is changed.

A sample of leaves of every worked example; `make properties` asks for each leaf.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from gateway.mapping.result import Item, Mapped, Outcome
from gateway.mapping.source import cda_leaves
from gateway.mssante.format import cda
from gateway.mssante.format.cda import ClinicalDocument
from tests.mapping import receipt_truth
from tests.mapping.receipt_truth import changed, leaves_of, lies, sample
from tests.mssante.format.examples import example, names

SAMPLE = 60


@pytest.mark.parametrize("name", names("cda/*.xml"))
def test_what_the_receipt_says_of_a_leaf_shows_when_the_leaf_is_changed(name: str) -> None:
    assert lies(cda.read(example(name)), sample(SAMPLE, 20261122)) == []


@pytest.mark.parametrize("name", names("cda/*.xml"))
def test_both_walks_find_the_same_leaves(name: str) -> None:
    root = cda.read(example(name)).root
    found = [(leaf.path, leaf.read()) for leaf in leaves_of(root, "ClinicalDocument")]
    assert sorted(found) == sorted(cda_leaves(root, "ClinicalDocument"))


def lying(path: str, outcome: Outcome) -> "Callable[[ClinicalDocument], Mapped[dict[str, Any]]]":
    """The mapping with a receipt that says something else of one leaf."""
    honest = receipt_truth._mapped

    def mapped(document: ClinicalDocument) -> Mapped[dict[str, Any]]:
        done = honest(document)
        items = tuple(Item(i.path, outcome, i.rule) if i.path == path else i for i in done.loss.items)
        return Mapped(done.value, replace(done.loss, items=items))

    return mapped


SECTION = "ClinicalDocument/component[1]/structuredBody[1]/component[1]/section[1]"


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("ClinicalDocument/title[1]/text()", Outcome.NARRATIVE),
        ("ClinicalDocument/title[1]/text()", Outcome.LOST),
        ("ClinicalDocument/typeId[1]/@root", Outcome.STRUCTURED),
        (f"{SECTION}/templateId[1]/@root", Outcome.NARRATIVE),
        (f"{SECTION}/title[1]/text()", Outcome.ATTACHED),
    ],
)
def test_a_receipt_that_lies_is_caught(path: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """A harness that cannot fail proves nothing."""
    monkeypatch.setattr(receipt_truth, "_mapped", lying(path, outcome))
    found = lies(cda.read(example("cda/referral-level3.xml")), lambda leaves: [x for x in leaves if x.path == path])
    assert [lie.path for lie in found] == [path]


@pytest.mark.parametrize(
    ("path", "value"), [("a/@value", "20261120"), ("a/@use", "H"), ("a/text()", "X"), ("a/text()", "x"), ("a/@x", "-")]
)
def test_a_change_is_one(path: str, value: str) -> None:
    assert changed(path, value) != value


@pytest.mark.parametrize("code", ["DRUG", "85353-1", "PINSTRUCT"])
def test_another_code_where_the_template_fixes_one_is_told(code: str) -> None:
    """Nobody reads it as the fixed one: it is said in words, or the whole statement is."""
    met = 0
    for name in names("cda/*.xml"):
        root = cda.read(example(name)).root
        for leaf in root.iter("{*}code"):
            if leaf.get("code") == code and leaf.getparent() is not None and leaf.getparent().get("classCode"):
                met += 1
                leaf.set("code", "REFUSED-BY-PATIENT")
        if b"REFUSED-BY-PATIENT" in (content := etree.tostring(root)):
            mapped = receipt_truth._mapped(cda.read(content))
            assert "REFUSED-BY-PATIENT" in str(mapped.value)
    assert met
