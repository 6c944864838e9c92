"""What a converter must refuse: files that are no CDA, and a CDA that means no good."""

from collections.abc import Mapping
from pathlib import Path

CANARY = "canari-7f3a"
"""What stands in the file that the external entity points to: it must appear in no output."""
_HTML = "<!DOCTYPE html><html><body><p>Compte rendu</p></body></html>"
_STYLESHEET = (
    '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">'
    '<xsl:template match="/"><p/></xsl:template></xsl:stylesheet>'
)
_FHIR = '<Bundle xmlns="http://hl7.org/fhir"><type value="document"/></Bundle>'
_BOMB_DEPTH, _BOMB_WIDTH = 9, 10


def write_controls(folder: Path, plain: str) -> Mapping[str, Path]:
    """The files, made in a folder from a plain CDA; by what each is."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "secret.txt"
    secret.write_text(CANARY, "utf-8")
    documents = {
        "no CDA: a web page": _HTML,
        "no CDA: a stylesheet": _STYLESHEET,
        "no CDA: a FHIR Bundle": _FHIR,
        "external entity in the title": _with_entity(plain, f'<!ENTITY e SYSTEM "{secret.as_uri()}">'),
        "entity bomb in the title": _with_entity(plain, _bomb()),
    }
    found = {}
    for number, (name, content) in enumerate(documents.items()):
        found[name] = folder / f"control-{number}.xml"
        found[name].write_text(content, "utf-8")
    return found


def _with_entity(plain: str, declarations: str) -> str:
    """The CDA with a document type declaration, and the entity `e` for its title."""
    body = plain[plain.index("<ClinicalDocument") :]
    start, end = body.index("<title>"), body.index("</title>")
    return f"<!DOCTYPE ClinicalDocument [{declarations}]>{body[:start]}<title>&e;{body[end:]}"


def _bomb() -> str:
    levels = ['<!ENTITY e0 "haha">']
    levels += [f'<!ENTITY e{n} "{f"&e{n - 1};" * _BOMB_WIDTH}">' for n in range(1, _BOMB_DEPTH)]
    return "".join(levels) + f'<!ENTITY e "&e{_BOMB_DEPTH - 1};">'
