"""A document's own model is that of the example with its templateId."""

from pathlib import Path

import pytest

from gateway.mssante.format import cda
from gateway.validation.models import read_models
from tests.validation.small_kit import MODEL, document, make_small_kit

SCANNED = 'root="1.3.6.1.4.1.19376.1.2.20"'
LEVEL_1 = "<?oxygen SCHSchema='x'?><?oxygen SCHSchema=\"../schematrons/CI-SIS_TLM-CR_2022.01.sch\"?>"


@pytest.mark.parametrize(
    ("content", "model"),
    [
        (document(templates=(f'root="{MODEL}" extension="2022.01"',)), "CI-SIS_OWN_2022.01"),
        (document(templates=(f'root="{MODEL}" extension="2022.01"', 'root="2.25.1"')), "CI-SIS_OWN_2022.01"),
        (document(templates=(f'root="{MODEL}" extension="2023.01"',)), "CI-SIS_OWN_2024.01"),
        (document(templates=(f'root="{MODEL}" extension="2024.01"',)), "CI-SIS_OWN_2024.01"),
        (document("85208-7", (SCANNED,)), "CI-SIS_TLM-CR_2022.01"),
        (document("96349-6", (SCANNED,)), None),
        (document("85208-7"), None),
    ],
)
def test_the_model_is_found_by_template_then_edition_and_level_1_by_code(
    tmp_path: Path, content: bytes, model: str | None
) -> None:
    examples = make_small_kit(tmp_path) / "ExemplesCDA"
    newer = (examples / "OWN.xml").read_text("utf-8").replace("2022.01", "2024.01")
    (examples / "NEWER.xml").write_text(newer, "utf-8")
    (examples / "TLM.xml").write_text(LEVEL_1 + document("85208-7", (SCANNED,)).decode(), "utf-8")
    assert read_models(examples).of(cda.read(content)) == model
