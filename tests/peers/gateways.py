"""Settings of a gateway under test: the made-up CPTS, a demonstration key, whatever operator the test has."""

from pathlib import Path

from gateway.config import DEMO_KEY_PREFIX, ImapMailbox, Mode, Settings
from gateway.registry.csv_file import read_lines, roster_of
from gateway.sandbox.authority import Credentials
from tests.referrals import FIXTURES

TENANT = "cpts-vesle"
OURS = "passerelle@cpts-vesle.mssante.example"
PRACTICE, SUIPPE = "1990002172", "1990010050"
REQUESTER = "odile.brassenne@medecin.mssante.example"
WITH_SOFTWARE = "karim.tazerout@medecin.mssante.example"
"""The recipient of 01-plain."""
WITH_MAILBOX_ONLY = "sven.albrechtsen@ch-vesle.mssante.example"
"""The recipient of 06-born-abroad."""
SENDER_OID = "2.25.28496316493055205705562730824357052089"
_REGISTRY = FIXTURES / "registry" / "cpts-vesle.csv"


def mailboxes() -> list[str]:
    """Every mailbox of the CPTS, and ours."""
    return sorted({box.address for box in roster_of(read_lines(_REGISTRY.read_bytes())).boxes} | {OURS})


def domains_of(addresses: list[str]) -> set[str]:
    return {address.partition("@")[2] for address in addresses}


def settings_for(
    folder: Path, *, smtp_port: int, imap_port: int, ca: Path, credentials: Credentials, trusted: Path, port: int = 8080
) -> Settings:
    """A gateway whose mailbox the certificate opens; its journal is `folder/gateway.db`."""
    key = folder / "master.key"
    key.write_bytes(DEMO_KEY_PREFIX.ljust(32, b"\x07"))
    return Settings(
        mode=Mode.TEST,
        tenant=TENANT,
        database_url=f"sqlite:///{folder / 'gateway.db'}",
        master_key_file=key,
        accept_test_ins=True,
        port=port,
        base_url=f"http://127.0.0.1:{port}",
        registry_csv=_REGISTRY,
        trusted_domains_file=trusted,
        sender_name="CPTS Vesle et Suippe",
        sender_mailbox=OURS,
        sender_oid=SENDER_OID,
        sender_nil="DEV000000",
        smtp_host="127.0.0.1",
        smtp_port=smtp_port,
        imap_host="127.0.0.1",
        imap_port=imap_port,
        imap_mailboxes=(ImapMailbox(address=OURS, username=OURS),),
        tls_ca_file=ca,
        tls_certificate_file=credentials.certificate,
        tls_key_file=credentials.key,
    )
