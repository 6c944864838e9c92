"""`/health/live`: the process answers. `/health/ready`: it can work; if not, the codes of what is missing.

Open to all, so it says codes of the catalogue and nothing else.
"""

import json

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.fhir.adapters.door import Door
from gateway.fhir.adapters.errors import RETRY_AFTER_SECONDS
from gateway.fhir.adapters.responses import json_response


def live() -> Response:
    """Always 200."""
    return json_response(b'{"status":"live"}', "application/json")


async def ready(door: Door) -> Response:
    """200, or 503 with the codes of what keeps us from working."""
    codes = [finding.code for finding in await run_in_threadpool(door.ready)]
    if not codes:
        return json_response(b'{"status":"ready"}', "application/json")
    body = json.dumps({"status": "not-ready", "codes": codes}).encode()
    return json_response(body, "application/json", 503, {"Retry-After": str(RETRY_AFTER_SECONDS)})
