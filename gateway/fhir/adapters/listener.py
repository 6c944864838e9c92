"""The socket under the server: limits that only the HTTP parser can keep, and nothing of uvicorn's own in the logs."""

import logging
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

MAX_HEADER_BYTES = 32_768
"""Request line and headers together."""


def build_server(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    certificate_file: Path | None = None,
    key_file: Path | None = None,
    max_connections: int = 512,
) -> uvicorn.Server:
    """A uvicorn server for `app`; HTTPS where a certificate is given (TLS 1.2 at least: Python's own default).

    `await server.serve()` runs it. uvicorn's access log stays off, since it prints whole URLs; proxy headers are not
    believed.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="h11",  # unlike httptools, h11 bounds the size of the request line and the headers
        h11_max_incomplete_event_size=MAX_HEADER_BYTES,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=max_connections,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        ssl_certfile=certificate_file,
        ssl_keyfile=key_file,
    )
    # `access_log` only takes the logger's handlers away; whoever adds one later would have the URLs back.
    logging.getLogger("uvicorn.access").disabled = True
    return uvicorn.Server(config)
