"""FHIR Device ↔ medical device entry.

| FHIR Device | CDA supply |
|---|---|
| type | `participant[DEV]` `playingDevice/code` |
| deviceName of type model-name, when there is just one | `playingDevice/manufacturerModelName` |
| udiCarrier.carrierHRF, when there is just one | `participantRole/id` in the space of device identifiers |
| identifier, when there is just one | `id` |

Since when it is worn is not known to a Device: `effectiveTime` says that it is unknown, and a date that comes from a
CDA stays in words. So does the state of the device: only one in use, or of no said state, is written.
Source: ANS, FR-Dispositif-medical (1.2.250.1.213.1.1.3.20), supply form; FHIR R4 Device.
"""

from lxml import etree

from gateway.mapping.entries import concepts, doubts, statements
from gateway.mapping.entries.entry import EntryPart, Reading, Writing
from gateway.mapping.parts.people import Resource
from gateway.mapping.source import Element, Node
from gateway.mssante.format import oids
from gateway.mssante.format.build import add, unknown


def accepts(device: Element) -> bool:
    """Whether an entry can say it without turning its meaning."""
    kind = device["type"]
    return (
        concepts.is_writable(kind)
        and not doubts.is_modified(device)
        and not doubts.is_nothing_known(kind)
        and not doubts.is_denied_in_words(kind)
        and device["status"].peek() in (None, "active")
    )


# --- to CDA ------------------------------------------------------------------------------------------------------


def to_cda(entry: etree._Element, device: Element, writing: Writing) -> None:
    """Add the supply with its device."""
    supply = statements.start(entry, "supply", "SPLY", oids.TEMPLATES_DEVICE)
    statements.add_id(supply, device, writing)
    statements.add_text(supply, writing)
    unknown(supply, "effectiveTime")
    device.ledger.fill("supply/effectiveTime", "device-time-unknown")
    role = add(add(supply, "participant", typeCode="DEV"), "participantRole", classCode="MANU")
    carriers = list(device.each("udiCarrier"))
    if len(carriers) == 1 and carriers[0]["carrierHRF"].peek():
        add(role, "id", root=oids.DEVICE_IDENTIFIER, extension=carriers[0]["carrierHRF"].structured("udi"))
    playing = add(role, "playingDevice", classCode="DEV", determinerCode="INSTANCE")
    concepts.to_cda(playing, "code", device["type"], "device-type", anchor=writing.anchor)
    models = [name for name in device.each("deviceName") if name["type"].peek() == "model-name"]
    if len(models) == 1 and concepts.is_exact(models[0]["name"]):
        models[0]["type"].structured("device-model")
        add(playing, "manufacturerModelName", models[0]["name"].structured("device-model"))


# --- to FHIR -----------------------------------------------------------------------------------------------------


def to_fhir(statement: Node, reading: Reading) -> list[Resource]:
    """The Device; one that is only prescribed (mood INT) or denied stays in words."""
    devices = [item for item in statement.each("participant") if item.peek("typeCode") == "DEV"]
    if len(devices) != 1 or not statements.is_plain(statement) or statements.is_denied(statement):
        return []
    role = devices[0]["participantRole"]
    kind = concepts.peek(role["playingDevice/code"], reading.words)
    if not kind or doubts.says_nothing_known(kind) or doubts.denies(kind.get("text")):
        return []
    return [_device(statement, role, reading)]


def _device(statement: Node, role: Node, reading: Reading) -> Resource:
    statements.frame(statement)
    device: Resource = {"resourceType": "Device"} | statements.identified(statement)
    if role["id"].peek("root") == oids.DEVICE_IDENTIFIER and (udi := role["id"].attribute("extension", "udi")):
        role["id"].attribute("root", "udi")
        device["udiCarrier"] = [{"carrierHRF": udi}]
    playing = role["playingDevice"]
    if model := playing["manufacturerModelName"].text("device-model"):
        device["deviceName"] = [{"name": model, "type": "model-name"}]
    device["type"] = concepts.to_fhir(playing["code"], "device-type", reading.words)
    statement["effectiveTime"].implied("device-time-unknown", "nullFlavor")
    return device | statements.about(reading.patient, "patient")


PART = EntryPart(
    name="device",
    resources=("Device",),
    templates=oids.TEMPLATES_DEVICE[-1:],
    accepts=accepts,
    to_cda=to_cda,
    to_fhir=to_fhir,
)
