"""`python -m benchmarks mapping`: what the mapping costs and keeps, beside the peers."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.mapping import EXAMPLES, as_json, convert_all, corpus_of, ways_back
from benchmarks.mapping_page import controls_table, corpus_table, machine, page, ways_back_table

PAGE = Path(__file__).parents[1] / "docs" / "performance-mapping.md"
SCRATCH = Path(tempfile.gettempdir()) / "cpts-gateway-benchmarks"


def main() -> int:
    options = _options()
    options.scratch.mkdir(parents=True, exist_ok=True)
    corpora = {"The worked examples of this repository": EXAMPLES}
    corpora |= {"The public example documents of the ANS": options.kit} if options.kit else {}
    corpora |= {"US C-CDA": options.us_ccda} if options.us_ccda else {}
    results = {
        name: convert_all(corpus_of(folder), options.scratch, options.runs, _say) for name, folder in corpora.items()
    }
    ways = ways_back(options.runs, _say)
    for name, found in results.items():
        print("", name, "", corpus_table(found), sep="\n")
    print("", controls_table(next(iter(results.values()))), "", ways_back_table(ways), "", machine(), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(as_json(results, ways), indent=1), "utf-8")
    if options.page:
        PAGE.write_text(page(results, ways, options.runs), "utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    mapping = parser.add_subparsers(required=True).add_parser("mapping", help="CDA to FHIR and back, beside the peers")
    mapping.add_argument("--json", type=Path, help="write every figure to this file")
    mapping.add_argument("--kit", type=Path, help="also this folder of CDA documents (the ANS's ExemplesCDA)")
    mapping.add_argument("--us-ccda", type=Path, help="also this folder of US C-CDA documents")
    mapping.add_argument("--runs", type=int, default=3, help="conversions of each file (default 3)")
    mapping.add_argument("--scratch", type=Path, default=SCRATCH, help="where the peers are installed")
    mapping.add_argument("--no-page", dest="page", action="store_false", help="leave the page in docs/ as it is")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
