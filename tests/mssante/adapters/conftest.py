"""An authority, and what a client and a server of it hold."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.mssante.adapters.tls import client_context
from gateway.sandbox.authority import Authority, Credentials


@dataclass(frozen=True)
class Trust:
    """One authority with a certificate for each side."""

    authority: Authority
    server: Credentials
    client: Credentials

    @property
    def server_context(self) -> ssl.SSLContext:
        return self.authority.server_context(self.server)

    @property
    def client_context(self) -> ssl.SSLContext:
        return client_context(self.authority.ca_path, self.client.certificate, self.client.key, self.authority.crl_path)


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return new_trust(tmp_path_factory.mktemp("authority"))


def new_trust(folder: Path) -> Trust:
    authority = Authority.create(folder)
    return Trust(
        authority, authority.server_certificate(["127.0.0.1"]), authority.client_certificate("passerelle.example")
    )
