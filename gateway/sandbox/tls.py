"""Whom a client certificate stands for.

An organisation's certificate (ORG AUTH_CLI) opens the mailboxes of its structure. Here the common name decides: an
address opens that mailbox; a domain opens all mailboxes of that domain.
Source: MSSanté, mutual TLS for application mailboxes; the rule on the common name is ours, for the sandbox.
"""

from collections.abc import Mapping
from typing import Any


def common_name(certificate: Mapping[str, Any] | None) -> str:
    """The common name of a certificate as `SSLObject.getpeercert` gives it; empty where there is none."""
    pairs = [pair for group in (certificate or {}).get("subject", ()) for pair in group]
    return next((str(value) for key, value in pairs if key == "commonName"), "")


def stands_for(name: str, address: str) -> bool:
    """Whether a certificate of this common name may act for the address."""
    return bool(name) and name.lower() in (address.lower(), address.lower().rpartition("@")[2])
