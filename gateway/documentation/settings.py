"""`docs/settings.md`, made from `gateway.config`: each setting with its meaning, unit and default."""

from enum import Enum

from pydantic.fields import FieldInfo

from gateway.config import FILE_VARIABLE, Settings, variable
from gateway.documentation.markdown import code, table

_HEAD = f"""# Settings

Each setting is a `GATEWAY_…` environment variable, or the same name in lower case and without `GATEWAY_` in a TOML
file named by `{FILE_VARIABLE}`; a variable wins over the file. An unknown name stops the start. A secret
is not a setting: a setting names the file that holds it. Authentication cannot be turned off.

In mode `production` the gateway does not start with test INS identities, demonstration keys, plain HTTP on an address
that is not loopback, or without a master key. SMTP and IMAP are spoken with STARTTLS only.

This page is made from `gateway/config.py`: `make docs`.

"""


def settings_page() -> str:
    """The whole page, in Markdown."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return _HEAD + table(("variable", "meaning", "unit", "default"), rows)


def _row(name: str, field: FieldInfo) -> tuple[str, str, str, str]:
    extra = field.json_schema_extra
    unit = str(extra.get("unit") or "") if isinstance(extra, dict) else ""
    return code(variable(name)), field.description or "", unit, _shown(field.default)


def _shown(default: object) -> str:
    value = default.value if isinstance(default, Enum) else default
    if value is None or value in ("", ()):
        return "–"
    return code(str(value).lower() if isinstance(value, bool) else str(value))
