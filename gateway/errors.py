"""The error family. An error stops a message; a finding travels with it.

Every error carries findings whose codes are rows of the catalogue (`gateway/error_catalogue.py`), so the edge never
has to guess a status or a sentence. No patient data in any of them: a path, a rule, a size, a code of a value set.
"""

from collections.abc import Sequence

from gateway.model import Finding


class GatewayError(Exception):
    """Base of all errors that leave a public function of the gateway. `findings` is never empty."""

    def __init__(self, findings: Finding | Sequence[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("; ".join(f"{f.code} @ {f.path}" if f.path else f.code for f in self.findings))

    @property
    def code(self) -> str:
        """The code of the first finding: what the edge answers with."""
        return self.findings[0].code


class InputError(GatewayError):
    """The other side broke a rule of its format: our answer is 4xx, or a failed receipt."""


class MappingError(GatewayError):
    """A valid input that cannot be carried to the target form without harm."""


class AddressingError(GatewayError):
    """Nobody to send to: unknown recipient, no mailbox, opposed, too large for the mailbox."""


class TransportError(GatewayError):
    """A partner's server did not take or give a message.

    `temporary`: trying again may help. `outcome_known`: False when the connection broke after the end of data, so the
    message may or may not have been taken. `reply` is the server's code ("451", "5.1.1"), never its text.
    """

    def __init__(
        self, findings: Finding | Sequence[Finding], *, temporary: bool, outcome_known: bool = True, reply: str = ""
    ) -> None:
        super().__init__(findings)
        self.temporary, self.outcome_known, self.reply = temporary, outcome_known, reply


class ConflictError(GatewayError):
    """The journal has moved on since it was read: nothing of the transaction was written. Read again, then decide."""


class StorageError(GatewayError):
    """The database did not take or give something (busy, full, read-only, damaged). Nothing was acknowledged."""


class ConfigurationError(GatewayError):
    """A setting is missing or contradicts another. Raised at start only."""
