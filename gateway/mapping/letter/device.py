"""Medical devices that the patient carries or uses.

Source: FHIR R4 4.0.1, Device; value set device-status.
"""

from collections.abc import Sequence

from gateway.mapping.letter.datatypes import details, words
from gateway.mapping.letter.draft import Teller
from gateway.mapping.letter.sentences import joined
from gateway.mssante.format.letter import Block, Bullets

_WARNINGS = {"entered-in-error": "SAISI PAR ERREUR, à ne pas retenir : "}
_DETAILS = ("statusReason", "manufacturer", "modelNumber", "serialNumber", "lotNumber", "expirationDate", "note")


def blocks(tellers: Sequence[Teller]) -> tuple[Block, ...]:
    return (Bullets(tuple(_device(t) for t in tellers), tuple(t.entry.path for t in tellers)),) if tellers else ()


def _device(teller: Teller) -> str:
    warning = _WARNINGS.get(teller["status"].peek() or "", "")
    names = [words(teller, "name", item, "Device.deviceName") for item in teller.root.each("deviceName")]
    name = joined(" — ", words(teller, "type"), *names) or "Dispositif sans intitulé"
    status = words(teller, "status")
    return joined(" — ", warning + joined(", ", name, "" if warning else status), details(teller, *_DETAILS))
