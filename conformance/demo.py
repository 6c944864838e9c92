"""A TARGET.toml for the demonstration, made of the `demo.json` that it writes."""

import json
from collections.abc import Mapping
from typing import Any

_FORMAT = """\
# Written from demo.json. The mailbox is the one that the demonstration leaves free.
role = "gateway"
name = {name}
patience_seconds = {patience}
quiet_seconds = {quiet}

[fhir]
base_url = {base_url}
token = {token}
neighbour_token = {neighbour_token}
structures = {structures}

[partner]
address = {address}
gateway_address = {gateway_address}
smtp = {smtp}
imap = {imap}
ca = {ca}
certificate = {certificate}
key = {key}
"""


def target_of_demo(demo: Mapping[str, Any], patience: float = 40, quiet: float = 2) -> str:
    """The text of TARGET.toml. Every value is written as JSON, which TOML reads as the same string or list."""
    own = demo["free_mailbox_tls"]
    said = {
        "name": "cpts-gateway demo",
        "patience": patience,
        "quiet": quiet,
        "base_url": demo["fhir"],
        "token": demo["tokens"]["logiciel-demo"],
        "neighbour_token": demo["tokens"]["logiciel-voisin"],
        "structures": demo["structures"],
        "address": demo["mailboxes"]["free"],
        "gateway_address": demo["mailboxes"]["gateway"],
        "smtp": f"{demo['smtp']['host']}:{demo['smtp']['port']}",
        "imap": f"{demo['imap']['host']}:{demo['imap']['port']}",
        "ca": demo["tls"]["ca"],
        "certificate": own["certificate"],
        "key": own["key"],
    }
    return _FORMAT.format(**{name: json.dumps(value) for name, value in said.items()})
