"""`docs/settings.md`, made from `gateway.config`: each setting with its meaning, unit and default."""

from enum import Enum

from pydantic.fields import FieldInfo

from gateway.config import FILE_VARIABLE, Settings, variable

_HEAD = f"""# Settings

Each setting is a `GATEWAY_…` environment variable, or the same name in lower case and without `GATEWAY_` in a TOML
file named by `{FILE_VARIABLE}`; a variable wins over the file. An unknown name stops the start. A secret
is not a setting: a setting names the file that holds it. Authentication cannot be turned off.

In mode `production` the gateway does not start with test INS identities, demonstration keys, plain HTTP on an address
that is not loopback, or without a master key.

This page is made from `gateway/config.py`; do not edit it.

| variable | meaning | unit | default |
|---|---|---|---|
"""


def settings_page() -> str:
    """The whole page, in Markdown."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    extra = field.json_schema_extra
    unit = str(extra.get("unit") or "") if isinstance(extra, dict) else ""
    return f"| `{variable(name)}` | {field.description} | {unit} | {_shown(field.default)} |\n"


def _shown(default: object) -> str:
    value = default.value if isinstance(default, Enum) else default
    if value is None or value in ("", ()):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"
