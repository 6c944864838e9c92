"""Names and paths as they may be shown to people: FHIRPath, and nothing that a sender could hide in a name.

Source: FHIRPath 2.0 (paths); FHIR R4 4.0.1, element names (§2.1: letters and digits, first letter small).
"""

import re
from functools import lru_cache

_NAME = re.compile(r"_?[a-z][A-Za-z0-9]{0,50}|[A-Z][a-z][A-Za-z]{1,48}", re.ASCII)
_INDEX = re.compile(r"\[\d+\]")


@lru_cache(maxsize=4096)
def safe_name(name: str) -> str:
    """The name of an element or resource type, or `?` when it cannot be one: it may hold anything, even a person.

    >>> safe_name("birthDate"), safe_name("Patient"), safe_name("DUPONT Jeanne")
    ('birthDate', 'Patient', '?')
    """
    return name if _NAME.fullmatch(name) else "?"


def without_indices(path: str) -> str:
    """The path of an element whatever its position.

    >>> without_indices("Bundle.entry[3].resource.name[0].given[1]")
    'Bundle.entry.resource.name.given'
    """
    return _INDEX.sub("", path)
