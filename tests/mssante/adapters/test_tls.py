"""The context that both mail adapters use. What it refuses on the wire is in `test_smtp_tls.py`."""

import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from gateway.errors import ConfigurationError
from gateway.mssante.adapters.tls import client_context
from tests.mssante.adapters.conftest import Trust


def test_the_context_checks_names_and_trusts_one_authority_only(trust: Trust) -> None:
    context = trust.client_context
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1
    assert context.verify_flags & ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


def test_without_a_revocation_list_none_is_asked_for(trust: Trust) -> None:
    context = client_context(trust.authority.ca_path, trust.client.certificate, trust.client.key)
    assert not context.verify_flags & ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF


@pytest.mark.parametrize(("mode", "accepted"), [(0o600, True), (0o640, True), (0o644, False), (0o602, False)])
def test_a_key_that_everybody_may_read_is_refused(mode: int, accepted: bool, trust: Trust, tmp_path: Path) -> None:
    key = tmp_path / "client.key"
    key.write_bytes(trust.client.key.read_bytes())
    key.chmod(mode)
    assert (code_of(trust, key=key) is None) == accepted
    if not accepted:
        assert code_of(trust, key=key) == "tls-key-exposed"


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_a_password(trust: Trust, tmp_path: Path) -> None:
    plain = serialization.load_pem_private_key(trust.client.key.read_bytes(), None)
    key = tmp_path / "client.key"
    key.touch(0o600)
    key.write_bytes(
        plain.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    assert code_of(trust, key=key) == "tls-file-unusable"


@pytest.mark.parametrize("broken", ["ca", "certificate", "key", "crl"])
@pytest.mark.parametrize("content", [None, b"", b"not PEM", b"\xff" * 100])
def test_a_file_that_is_missing_or_broken_is_a_configuration_error(
    broken: str, content: bytes | None, trust: Trust, tmp_path: Path
) -> None:
    file = tmp_path / "file.pem"
    if content is not None:
        file.touch(0o600)
        file.write_bytes(content)
    assert code_of(trust, **{broken: file}) == "tls-file-unusable"


def test_a_key_of_another_certificate_is_a_configuration_error(trust: Trust) -> None:
    assert code_of(trust, key=trust.server.key) == "tls-file-unusable"


def code_of(trust: Trust, **changed: Path) -> str | None:
    files = {
        "ca": trust.authority.ca_path,
        "certificate": trust.client.certificate,
        "key": trust.client.key,
        "crl": trust.authority.crl_path,
    } | changed
    try:
        client_context(files["ca"], files["certificate"], files["key"], files["crl"])
    except ConfigurationError as error:
        return error.code
    return None
