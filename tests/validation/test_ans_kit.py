"""The whole way over a small kit of ours: repaired, compiled, loaded, run, by the real engine."""

from pathlib import Path

import pytest

from gateway.errors import ConfigurationError
from gateway.validation import engine
from gateway.validation.ans_kit import COMMON_PROFILES, AnsKit
from gateway.validation.verdict import STRUC_MIN
from tests.validation.small_kit import HEADER, MODEL, document, make_small_kit, schematron

pytest.importorskip("saxonche")
OWN = ('root="1.2.3"', f'root="{MODEL}" extension="2022.01"')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_small_kit(tmp_path / "kit é")


def _open(folder: Path, told: list[str] | None = None) -> AnsKit:
    return AnsKit.open(folder, folder.parent / "scratch é", (told if told is not None else []).append)


def test_a_good_document_passes_five_profiles(folder: Path) -> None:
    (verdict,) = _open(folder).validate([("letter", document())])
    assert verdict.passes
    assert [result.profile for result in verdict.profiles] == list(COMMON_PROFILES)
    assert verdict.fired(STRUC_MIN) == 121


def test_the_built_value_set_bites(folder: Path) -> None:
    (verdict,) = _open(folder).validate([("letter", document("99999-9"))])
    assert not verdict.passes
    assert [(profile, rule.message) for profile, rule in verdict.failed] == [(STRUC_MIN, "no")]


def test_the_own_model_is_run_where_the_document_declares_it(folder: Path) -> None:
    good, bad = _open(folder).validate([("a", document("96349-6")), ("b", document("96349-6", OWN))])
    assert good.passes
    assert [(profile, rule.message) for profile, rule in bad.failed] == [("CI-SIS_OWN_2022.01", "own")]


def test_a_model_that_cannot_be_compiled_is_no_pass_and_says_why(folder: Path) -> None:
    (verdict,) = _open(folder).validate([("letter", document(templates=(f'root="{MODEL}.9" extension="2022.01"',)))])
    assert verdict.profiles[-1].profile == "CI-SIS_BROKEN_2022.01"
    assert "gone.sch" in (verdict.profiles[-1].not_run or "")
    assert not verdict.passes


def test_the_schema_is_run_for_each_document_alone(folder: Path) -> None:
    bad, good = _open(folder).validate([("a", document(realm="")), ("b", document())])
    assert len(bad.schema_errors) == 1
    assert good.schema_errors == ()
    assert (bad.passes, good.passes) == (False, True)


@pytest.mark.parametrize(
    "content", [b"", b"<a/>", b"\x00", b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', document()[:-5]]
)
def test_an_unreadable_document_gets_a_verdict_and_stops_no_other(folder: Path, content: bytes) -> None:
    bad, good = _open(folder).validate([("a", content), ("b", document())])
    assert bad.schema_errors[0].startswith("unreadable")
    assert not bad.passes
    assert good.passes


def test_a_disabled_header_profile_is_noticed(folder: Path) -> None:
    (folder / HEADER / "ASIP-STRUCT-MIN-StrucMin.sch").write_text(schematron(), "utf-8")
    (verdict,) = _open(folder).validate([("letter", document())])
    assert verdict.failed == ()
    assert not verdict.passes


def test_a_second_start_compiles_nothing(folder: Path) -> None:
    first, second = list[str](), list[str]()
    _open(folder, first).validate([("letter", document())])
    (verdict,) = _open(folder, second).validate([("letter", document())])
    assert sum("compiling" in line for line in first) == len(COMMON_PROFILES)
    assert not any("compiling" in line for line in second)
    assert verdict.passes


def test_a_common_profile_that_does_not_compile_is_an_incomplete_kit(folder: Path) -> None:
    (folder / "schematrons/profils/IHE.sch").write_text(schematron('<include href="gone.sch"/>'), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        _open(folder).validate([("letter", document())])
    assert refused.value.code == "ans-kit-incomplete"


def test_a_schematron_that_the_skeleton_complains_of_is_not_used(folder: Path) -> None:
    complaining = '<xsl:template match="/"><xsl:message>Reference Error</xsl:message><xsl:copy-of select="."/>'
    step = folder / "schematrons/moteur/iso_abstract_expand.xsl"
    text = step.read_text("utf-8").replace('<xsl:template match="/"><xsl:copy-of select="."/>', complaining)
    assert "Reference Error" in text
    step.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        _open(folder).validate([("letter", document())])
    assert refused.value.code == "ans-kit-incomplete"


def test_a_damaged_schema_is_an_incomplete_kit(folder: Path) -> None:
    (folder / "infrastructure/cda/CDA_extended.xsd").write_text("<no", "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        _open(folder)
    assert refused.value.code == "ans-kit-incomplete"


def test_a_missing_engine_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PySaxonProcessor", None)
    with pytest.raises(ConfigurationError) as refused:
        _open(folder)
    assert refused.value.code == "ans-kit-engine-missing"
