"""Writes our CodeSystem resources into `gateway/fhir/profiles`. Run after a change of codes.tsv.

python tools/fhir_profiles.py
"""

import json
from pathlib import Path

from gateway import __version__
from gateway.fhir.format.codes import code_systems

ROOM = Path(__file__).parent.parent / "gateway" / "fhir" / "profiles"


def main() -> None:
    for resource in code_systems(__version__):
        text = json.dumps(resource, ensure_ascii=False, indent=2)
        (ROOM / f"CodeSystem-{resource['id']}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
