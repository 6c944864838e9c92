"""A verdict passes only when rules ran and none that blocks failed."""

import pytest

from gateway.validation.verdict import MIN_STRUC_MIN_RULES, STRUC_MIN, FailedAssert, ProfileResult, Verdict, read_svrl

ENOUGH = ProfileResult(STRUC_MIN, MIN_STRUC_MIN_RULES)


def _report(*parts: str) -> bytes:
    body = "".join(parts)
    return (
        f'<svrl:schematron-output xmlns:svrl="http://purl.oclc.org/dsdl/svrl">{body}</svrl:schematron-output>'.encode()
    )


def _failed(role: str = "") -> str:
    given = f' role="{role}"' if role else ""
    text = "<svrl:text>\n  code  inconnu <b>X</b>\n</svrl:text>"
    return f'<svrl:failed-assert test="no" location="/ClinicalDocument/code"{given}>{text}</svrl:failed-assert>'


def test_a_report_is_counted_and_its_failures_are_read() -> None:
    result = read_svrl("IHE", _report('<svrl:fired-rule context="a"/>' * 3, _failed("error")))
    assert result.fired == 3
    assert result.failed == (FailedAssert("/ClinicalDocument/code", "code inconnu X", "error"),)
    assert not result.passes


@pytest.mark.parametrize("role", ["", "error", "fatal", "something-new"])
def test_a_failure_blocks_unless_it_is_advice(role: str) -> None:
    assert not read_svrl("IHE", _report(_failed(role))).passes


@pytest.mark.parametrize("role", ["warning", "WARNING", "info", "hint"])
def test_advice_does_not_block_but_is_told(role: str) -> None:
    verdict = Verdict("letter", (), (ENOUGH, read_svrl("IHE", _report(_failed(role)))))
    assert verdict.passes
    assert [profile for profile, _ in verdict.failed] == ["IHE"]


def test_a_header_profile_that_hardly_fires_is_no_pass() -> None:
    silent = ProfileResult(STRUC_MIN, MIN_STRUC_MIN_RULES - 1)
    assert silent.fell_silent
    assert not Verdict("letter", (), (silent,)).passes
    assert Verdict("letter", (), (ENOUGH,)).passes


def test_a_body_profile_may_have_nothing_to_say_of_level_1() -> None:
    assert Verdict("letter", (), (ENOUGH, ProfileResult("IHE", 0))).passes


def test_a_profile_that_did_not_run_is_no_pass() -> None:
    assert not Verdict("letter", (), (ENOUGH, ProfileResult("IHE", not_run="FODC0002"))).passes


def test_schema_errors_and_unreadable_documents_are_no_pass() -> None:
    assert not Verdict("letter", ("line 2: …",), (ENOUGH,)).passes
    assert not Verdict("letter", (), ()).passes


def test_rules_fired_are_known_by_profile() -> None:
    verdict = Verdict("letter", (), (ENOUGH, ProfileResult("IHE", 4)))
    assert (verdict.fired(STRUC_MIN), verdict.fired("IHE"), verdict.fired("terminologie")) == (
        MIN_STRUC_MIN_RULES,
        4,
        0,
    )
