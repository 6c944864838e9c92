"""What may turn the meaning of a content round must be understood or refused; we know no such extension.

Source: FHIR R4 4.0.1, Extensibility §2.4.1.2 (modifierExtension); Resource.implicitRules §2.26.3.4.
"""

from collections.abc import Iterable, Iterator

from gateway.fhir.format.elements import Place
from gateway.model import Finding

_MEMBERS = frozenset({"modifierExtension", "implicitRules"})


def check_modifiers(places: Iterable[Place]) -> Iterator[Finding]:
    """A finding for each modifier extension and each set of implicit rules."""
    for place in places:
        if place.element.rpartition(".")[2] in _MEMBERS and place.type != "Element":
            yield Finding("modifier-not-understood", place.path)
