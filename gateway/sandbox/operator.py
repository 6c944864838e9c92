"""The embedded MSSanté operator: SMTP and IMAP on the loopback interface, in a thread with an event loop of its own.

For demos and tests: everything that a gateway needs from an operator, on a machine without network. It keeps its
mailboxes and its authority in a folder, and starts again from it on the same ports if asked to.
"""

import secrets
from collections.abc import Iterable
from pathlib import Path

from gateway.sandbox.authority import Authority, Credentials
from gateway.sandbox.doors import HOST, Doors
from gateway.sandbox.imap import ImapService
from gateway.sandbox.maildir import Mailbox, PostOffice
from gateway.sandbox.postmaster import Fate, Postmaster
from gateway.sandbox.trusted_space import TrustedSpace

MAX_MAIL_BYTES = 10 * 1024 * 1024
"""A usual default of operators; 25 MB is the ceiling for patients."""

DOMAINS = (
    "cpts-vesle.mssante.example",
    "medecin.mssante.example",
    "ch-vesle.mssante.example",
    "infirmier.mssante.example",
    "kine.mssante.example",
    "pharmacien.mssante.example",
)
"""The made-up trusted space. The first is ours, the others are the colleagues'."""

MAILBOXES = (
    "passerelle@cpts-vesle.mssante.example",
    "secretariat@cpts-vesle.mssante.example",
    "odile.brassenne@medecin.mssante.example",
    "karim.tazerout@medecin.mssante.example",
    "helene.rouveyrac@ch-vesle.mssante.example",
    "geriatrie@ch-vesle.mssante.example",
    "laboratoire@ch-vesle.mssante.example",
    "solene.guivarch@infirmier.mssante.example",
    "tiphaine.lavergnolle@infirmier.mssante.example",
    "noe.castaing@kine.mssante.example",
    "ilyes.mercadal@pharmacien.mssante.example",
)


class Operator:
    """A running operator. Its methods may be called from any thread."""

    host = HOST

    def __init__(self, folder: Path, domains: Iterable[str], mailboxes: Iterable[str], max_mail_bytes: int) -> None:
        self.folder, self.max_mail_bytes = folder, max_mail_bytes
        self.authority = Authority.open(folder / "authority")
        self.office = PostOffice(folder / "mailboxes", mailboxes)
        self._hosted = frozenset(domain.lower() for domain in domains)
        self.space = TrustedSpace(folder / "trusted_domains.xml", self._hosted)
        self._postmaster = Postmaster(self.office, self.space.trusts, self._hosts)
        self._passwords = {address: secrets.token_urlsafe(12) for address in self.office.mailboxes}
        self._certificates: dict[str, Credentials] = {}
        self._context = self.authority.server_context(self.authority.server_certificate(["localhost", HOST]))
        imap = ImapService(self.office, self._passwords, self._context, max_mail_bytes)
        self._doors = Doors(self._postmaster, imap, self._context, max_mail_bytes)
        self.smtp_port = self.imap_port = 0

    @classmethod
    def start(
        cls,
        folder: Path,
        domains: Iterable[str] = DOMAINS,
        mailboxes: Iterable[str] = MAILBOXES,
        *,
        max_mail_bytes: int = MAX_MAIL_BYTES,
        smtp_port: int = 0,
        imap_port: int = 0,
    ) -> "Operator":
        """Listen, and return once both doors are open. Port 0 means a free one; a taken port is an OSError.

        A folder that was used before is taken up again, with its mails and its authority; passwords are new.
        """
        operator = cls(folder, domains, mailboxes, max_mail_bytes)
        operator.smtp_port, operator.imap_port = operator._doors.open(smtp_port, imap_port)
        return operator

    # --- a client's settings

    @property
    def ca_path(self) -> Path:
        """The authority that a client trusts (PEM)."""
        return self.authority.ca_path

    @property
    def crl_path(self) -> Path:
        """The list of revoked certificates (PEM)."""
        return self.authority.crl_path

    @property
    def trusted_domains_path(self) -> Path:
        """The trusted-domain list (XML)."""
        return self.space.path

    def certificate_for(self, name: str) -> Credentials:
        """A client certificate. `name` is a mailbox, or a domain: then it opens all mailboxes of that domain."""
        if name not in self._certificates:
            self._certificates[name] = self.authority.client_certificate(name)
        return self._certificates[name]

    def password_for(self, address: str) -> str:
        """For clients that use LOGIN; AUTHENTICATE EXTERNAL needs none."""
        return self._passwords[address.lower()]

    # --- a test's or demo's hand

    def mailbox(self, address: str) -> Mailbox:
        """A mailbox on disk; KeyError where there is none."""
        return self.office.mailboxes[address.lower()]

    def set_fate(self, address: str, fate: Fate) -> None:
        """What happens from now on to mails for a mailbox; mails that were held meet the new fate at once."""
        self._doors.run(lambda: self._postmaster.set_fate(address, fate))

    def revoke(self, credentials: Credentials) -> None:
        """Publish a new CRL and heed it: new connections with this certificate are refused."""
        self.authority.revoke(credentials)
        self._doors.run(lambda: self._context.load_verify_locations(self.crl_path))

    def disconnect_all(self) -> None:
        """Cut every connection, as an operator does at maintenance. Clients may come back at once."""
        self._doors.disconnect_all()

    def stop(self) -> None:
        """Close doors and connections; the folder stays. Stopping twice is harmless."""
        self._doors.close()

    def __enter__(self) -> "Operator":
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _hosts(self, address: str) -> bool:
        return address.rpartition("@")[2].lower() in self._hosted
