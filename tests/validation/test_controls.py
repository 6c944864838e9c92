"""The broken documents are really broken, each in one place."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.documentation.ans_validation import documents
from gateway.mssante.format import xml
from gateway.validation.ans_kit import COMMON_PROFILES
from gateway.validation.controls import CONTROLS, XSD, Control, bites, broken
from gateway.validation.verdict import STRUC_MIN, FailedAssert, ProfileResult, Verdict

BASES = documents(Path(__file__).parents[2] / "fixtures")
BLOCKS, ADVICE = FailedAssert("/", "no", "error"), FailedAssert("/", "perhaps", "warning")


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.name)
def test_a_control_differs_from_its_base_and_is_still_xml(control: Control) -> None:
    content = broken(control, BASES)
    assert xml.parse(content, "cda-unreadable").tag.endswith("ClinicalDocument")
    assert content != xml.serialise(xml.parse(BASES[control.base], "cda-unreadable"))


def test_every_profile_the_schema_and_an_own_model_have_a_control() -> None:
    caught = frozenset().union(*(control.caught_by for control in CONTROLS))
    assert {*COMMON_PROFILES, XSD} < caught


@pytest.mark.parametrize("path", ["hl7:nothing", "hl7:code/@nothing", "count(hl7:code)"])
def test_a_control_that_finds_nothing_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="nothing at"):
        broken(replace(CONTROLS[0], path=path), BASES)


@pytest.mark.parametrize(
    ("errors", "header", "ihe", "expected"),
    [
        ((), (BLOCKS,), (), True),
        ((), (BLOCKS, ADVICE), (ADVICE,), True),
        ((), (), (), False),
        ((), (ADVICE,), (), False),
        ((), (BLOCKS,), (BLOCKS,), False),
        (("line 1",), (BLOCKS,), (), False),
    ],
)
def test_a_control_bites_when_exactly_those_who_must_notice_did(
    errors: tuple[str, ...], header: tuple[FailedAssert, ...], ihe: tuple[FailedAssert, ...], expected: bool
) -> None:
    control = replace(CONTROLS[0], caught_by=frozenset({STRUC_MIN}))
    verdict = Verdict("x", errors, (ProfileResult(STRUC_MIN, 99, header), ProfileResult("IHE", 9, ihe)))
    assert bites(control, verdict) is expected
