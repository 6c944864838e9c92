import asyncio
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from gateway.sandbox.authority import Authority, Credentials


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority")


def greets(authority: Authority, client: ssl.SSLContext, server: Credentials | None = None) -> bool:
    """Whether a server that requires certificates of the authority lets this client read its greeting."""
    context = authority.server_context(server or authority.server_certificate(["localhost", "127.0.0.1"]))

    async def meet() -> bool:
        async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"hello")
            writer.close()

        listening = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
        async with listening:
            port = listening.sockets[0].getsockname()[1]
            try:
                reader, writer = await asyncio.open_connection("localhost", port, ssl=client)
                said = await reader.read()
                writer.close()
            except (ssl.SSLError, ConnectionError):
                return False
            return said == b"hello"

    return asyncio.run(meet())


def test_a_client_with_a_certificate_of_the_authority_is_let_in(authority: Authority) -> None:
    assert greets(authority, authority.client_context(authority.client_certificate("passerelle")))


def test_a_client_without_certificate_is_refused(authority: Authority) -> None:
    assert not greets(authority, authority.client_context(None))


def test_an_expired_certificate_is_refused(authority: Authority) -> None:
    assert not greets(authority, authority.client_context(authority.client_certificate("old", expired=True)))


def test_a_revoked_certificate_is_refused(authority: Authority) -> None:
    credentials = authority.client_certificate("lost")
    authority.revoke(credentials)
    assert not greets(authority, authority.client_context(credentials))


def test_a_certificate_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority.create(tmp_path / "other").client_certificate("passerelle")
    assert not greets(authority, authority.client_context(stranger))


def test_a_server_certificate_is_no_client_certificate(authority: Authority) -> None:
    assert not greets(authority, authority.client_context(authority.server_certificate(["localhost"])))


def test_a_client_refuses_a_server_that_expired_or_was_revoked(authority: Authority) -> None:
    client = authority.client_certificate("passerelle")
    expired, revoked = (authority.server_certificate(["localhost"], expired=late) for late in (True, False))
    authority.revoke(revoked)
    assert not greets(authority, authority.client_context(client), expired)
    assert not greets(authority, authority.client_context(client), revoked)


def test_tls_below_1_2_is_not_spoken(authority: Authority) -> None:
    context = authority.client_context(authority.client_certificate("passerelle"))
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert authority.server_context(authority.server_certificate(["localhost"])).verify_mode == ssl.CERT_REQUIRED


def test_every_file_is_for_its_owner_only(authority: Authority) -> None:
    authority.client_certificate("passerelle")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in authority.folder.iterdir()}
    assert modes == {0o600}


def test_the_organisation_unit_is_in_the_subject(authority: Authority) -> None:
    credentials = authority.client_certificate("passerelle", unit="1990002172")
    certificate = x509.load_pem_x509_certificate(credentials.certificate.read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=passerelle,OU=1990002172"


def test_an_authority_that_is_opened_again_knows_its_certificates_and_what_it_revoked(authority: Authority) -> None:
    kept, lost = authority.client_certificate("kept"), authority.client_certificate("lost")
    authority.revoke(lost)
    again = Authority.open(authority.folder)
    again.revoke(again.client_certificate("lost too"))
    assert greets(again, again.client_context(kept))
    assert not greets(again, again.client_context(lost))
