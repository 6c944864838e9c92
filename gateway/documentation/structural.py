"""`docs/mapping/structural.md`, made from the lists of leaves that say nothing of the patient."""

from gateway.documentation.markdown import code, table
from gateway.tables import read_table

_HEAD = """# Structural leaves

The receipt of loss gives each leaf of a source exactly one outcome. `structural` is a leaf that holds the content
together and says nothing of the patient: ids, references, versions, template ids. These lists are all there is: a leaf
that no map reads and no pattern below names is counted as `lost`, and a message to be sent is refused.

Made from `gateway/mapping/structural.tsv` and `structural_cda.tsv`: `make docs`.
"""
_FHIR = "\n## FHIR messages\n\nPaths are without indices; `*` is one name, `**` any depth.\n\n"
_CDA = "\n## CDA documents\n\nPaths are without positions; `*` stands for anything, `/` included.\n\n"


def structural_page() -> str:
    """The whole page, in Markdown."""
    return _HEAD + _FHIR + _patterns("structural.tsv") + _CDA + _patterns("structural_cda.tsv")


def _patterns(name: str) -> str:
    rows = [(code(row["pattern"]), code(row["rule"]), row["reason"]) for row in read_table("gateway.mapping", name)]
    return table(("leaf", "rule", "why"), rows)
