"""A kit written where case does not matter is made to work where it does; the original is not touched."""

from pathlib import Path
from shutil import rmtree

import pytest
from lxml import etree

from gateway.errors import ConfigurationError
from gateway.validation.repairs import PARTS, make_working_copy
from tests.validation.small_kit import HEADER, TYPES, TYPES_NAME, make_small_kit


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return make_small_kit(tmp_path / "kit téléchargé")


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_downloaded_folder_is_left_as_it_was(kit: Path, tmp_path: Path) -> None:
    before = _content(kit)
    make_working_copy(kit, tmp_path / "scratch")
    assert _content(kit) == before


def test_files_asked_for_in_another_case_are_found(kit: Path, tmp_path: Path) -> None:
    folder = make_working_copy(kit, tmp_path / "scratch").folder
    assert (folder / HEADER / "include/types.sch").is_file()
    assert (folder / "jeuxDeValeurs/JDV_quelque_chose.xml").is_file()


def test_a_value_set_of_the_header_profile_is_built_without_namespace(kit: Path, tmp_path: Path) -> None:
    folder = make_working_copy(kit, tmp_path / "scratch").folder
    tree = etree.parse(folder / HEADER / f"include/voc-{TYPES}-DYNAMIC.xml")
    (concept,) = tree.findall("valueSet/conceptList/concept")
    assert (concept.get("code"), concept.get("codeSystem")) == ("96349-6", "2.16.840.1.113883.6.1")


def test_what_cannot_be_repaired_is_listed(kit: Path, tmp_path: Path) -> None:
    copy = make_working_copy(kit, tmp_path / "scratch")
    assert copy.missing_includes == ("schematrons/include/gone.sch",)
    assert copy.unchecked_terminologies == (("1.2.4", "NOT HELD"),)


def test_a_second_run_finds_the_copy_and_another_content_makes_another(kit: Path, tmp_path: Path) -> None:
    first = make_working_copy(kit, tmp_path / "scratch")
    (first.folder / "kept").touch()
    assert make_working_copy(kit, tmp_path / "scratch") == first
    assert (first.folder / "kept").exists()
    (kit / "schematrons/profils/IHE.sch").write_text("<other/>", "utf-8")
    assert make_working_copy(kit, tmp_path / "scratch").folder != first.folder


def test_a_copy_that_was_interrupted_is_made_again(kit: Path, tmp_path: Path) -> None:
    first = make_working_copy(kit, tmp_path / "scratch")
    first.folder.rename(first.folder.with_suffix(".part"))
    rmtree(first.folder.with_suffix(".part") / "infrastructure")
    again = make_working_copy(kit, tmp_path / "scratch")
    assert (again.folder / "infrastructure/cda/CDA_extended.xsd").is_file()


@pytest.mark.parametrize("part", PARTS)
def test_a_folder_that_is_not_the_kit_is_refused(kit: Path, tmp_path: Path, part: str) -> None:
    rmtree(kit / part)
    with pytest.raises(ConfigurationError) as refused:
        make_working_copy(kit, tmp_path / "scratch")
    assert refused.value.code == "ans-kit-incomplete"
    assert dict(refused.value.findings[0].facts)["missing"].startswith(part)


def test_a_value_set_that_is_nowhere_is_told(kit: Path, tmp_path: Path) -> None:
    (kit / "jeuxDeValeurs" / TYPES_NAME).unlink()
    with pytest.raises(ConfigurationError) as refused:
        make_working_copy(kit, tmp_path / "scratch")
    assert dict(refused.value.findings[0].facts) == {"missing": f"jeuxDeValeurs: {TYPES}"}
