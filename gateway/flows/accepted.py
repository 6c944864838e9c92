"""What intake decides once and later steps must find again: kept, encrypted, with the message."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, TypeAdapter

from gateway.journal import PayloadRole
from gateway.mapping.context import Context
from gateway.model import Envelope, ItemId
from gateway.mssante.format.letter import Letter
from gateway.ports import JournalQuery

FHIR_JSON = "application/fhir+json"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The envelope and the context of one accepted message, and whom its resources are visible to."""

    tenant: str
    envelope: Envelope
    context: Context
    receipt: ItemId
    """The Binary that holds the receipt of loss."""
    documents: int
    """How many documents the archive holds; the first is the letter's."""

    @property
    def structures(self) -> frozenset[str]:
        """The structures that may see the Task and whatever answers it."""
        return frozenset({self.envelope.sender.structure or ""})


_ACCEPTED = TypeAdapter(Accepted)


def write_accepted(accepted: Accepted) -> bytes:
    return _ACCEPTED.dump_json(accepted)


def read_accepted(journal: JournalQuery, message: ItemId) -> Accepted | None:
    """The record of a message of ours; None for one that was never accepted as such (an inward mail)."""
    content = journal.payload(message, PayloadRole.CONTEXT)
    return _ACCEPTED.validate_json(content) if content else None


class _KeptLetter(BaseModel):
    """A letter on its way to its PDF; pictures in base64."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
    letter: Letter


def write_letter(letter: Letter) -> bytes:
    return _KeptLetter(letter=letter).model_dump_json().encode()


def read_letter(content: bytes) -> Letter:
    return _KeptLetter.model_validate_json(content).letter
