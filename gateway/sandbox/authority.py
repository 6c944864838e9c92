"""A throw-away certificate authority for demos and tests: server, client, expired and revoked certificates, and a CRL.

It stands where IGC Santé stands in the trusted space (organisation certificates ORG AUTH_CLI and SERV SSL). It protects
nothing: keys lie unencrypted on disk (mode 0600) and the authority dies with its folder.
Source: MSSanté referential ECO.1.1.1, ECO.1.1.5 to ECO.1.1.7, ECO.1.1.10 (TLS >= 1.2, validity and revocation checked).
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

LIFETIME = timedelta(days=30)
ISSUED_AGO = timedelta(days=2)
"""Certificates start in the past, so that an expired one still has a lawful interval."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate and its private key, as PEM files."""

    certificate: Path
    key: Path


@dataclass(slots=True)
class Authority:
    """One authority in one folder: `ca.pem`, `ca.key`, `crl.pem`, `ca-and-crl.pem`, and a pair per certificate."""

    folder: Path
    _key: ec.EllipticCurvePrivateKey
    _certificate: x509.Certificate
    _crl_at: datetime
    _revoked: list[int] = field(default_factory=list)

    @classmethod
    def create(cls, folder: Path, name: str = "Autorité jetable de démonstration") -> "Authority":
        """A new authority in `folder`, which is created where it is missing."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        authority = cls(folder, key, _self_signed(key, _name(name), now), now - ISSUED_AGO)
        _write(authority.ca_path, _pem(authority._certificate))
        _write(folder / "ca.key", _key_pem(key))
        authority._write_crl()
        return authority

    @classmethod
    def open(cls, folder: Path) -> "Authority":
        """The authority of a folder that was used before, with what it revoked; a new one where there is none."""
        if not (folder / "ca.key").exists():
            return cls.create(folder)
        key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        crl = x509.load_pem_x509_crl((folder / "crl.pem").read_bytes())
        certificate = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        return cls(folder, key, certificate, crl.last_update_utc, [entry.serial_number for entry in crl])

    @property
    def ca_path(self) -> Path:
        """The authority's certificate: what a client trusts."""
        return self.folder / "ca.pem"

    @property
    def crl_path(self) -> Path:
        """The current list of revoked certificates."""
        return self.folder / "crl.pem"

    def server_certificate(self, names: Sequence[str], *, expired: bool = False) -> Credentials:
        """For a server that answers to these DNS names or IP addresses; the first is its common name."""
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        return self._issue(_name(names[0]), ExtendedKeyUsageOID.SERVER_AUTH, alternatives, expired)

    def client_certificate(self, common_name: str, *, unit: str | None = None, expired: bool = False) -> Credentials:
        """For a client (ORG AUTH_CLI). `unit` is the OU: IGC Santé puts the Struct_IdNat there."""
        alternatives = x509.SubjectAlternativeName([_mail_or_dns(common_name)])
        return self._issue(_name(common_name, unit), ExtendedKeyUsageOID.CLIENT_AUTH, alternatives, expired)

    def revoke(self, credentials: Credentials) -> None:
        """Put the certificate on a new CRL. A context made before keeps the old one until it loads `crl_path` again."""
        certificate = x509.load_pem_x509_certificate(credentials.certificate.read_bytes())
        self._revoked.append(certificate.serial_number)
        self._crl_at += timedelta(seconds=1)  # OpenSSL prefers the newer of two lists, by whole seconds
        self._write_crl()

    def server_context(self, credentials: Credentials) -> ssl.SSLContext:
        """TLS >= 1.2; a client certificate of ours, neither expired nor revoked, is required."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        return self._completed(context, credentials)

    def client_context(self, credentials: Credentials | None) -> ssl.SSLContext:
        """The other side. Without credentials it presents none, for tests of refusal."""
        return self._completed(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), credentials)

    def _completed(self, context: ssl.SSLContext, credentials: Credentials | None) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(self.ca_path)
        context.load_verify_locations(self.crl_path)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        if credentials:
            context.load_cert_chain(credentials.certificate, credentials.key)
        return context

    def _issue(
        self, subject: x509.Name, usage: ObjectIdentifier, alternatives: x509.SubjectAlternativeName, expired: bool
    ) -> Credentials:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        ends = now - timedelta(days=1) if expired else now + LIFETIME
        builder = _builder(subject, self._certificate.subject, key.public_key(), now - ISSUED_AGO, ends)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(alternatives, critical=False)
            .add_extension(_authority_key(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        stem = f"{certificate.serial_number:040x}"
        credentials = Credentials(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        _write(credentials.certificate, _pem(certificate))
        _write(credentials.key, _key_pem(key))
        return credentials

    def _write_crl(self) -> None:
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=self._certificate.subject, last_update=self._crl_at, next_update=self._crl_at + LIFETIME
        )
        for serial in self._revoked:
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, self._crl_at).build())
        crl = builder.add_extension(x509.CRLNumber(len(self._revoked) + 1), critical=False)
        crl = crl.add_extension(_authority_key(self._key), critical=False)
        pem = crl.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        _write(self.crl_path, pem)
        _write(self.folder / "ca-and-crl.pem", _pem(self._certificate) + pem)


def _self_signed(key: ec.EllipticCurvePrivateKey, name: x509.Name, now: datetime) -> x509.Certificate:
    builder = _builder(name, name, key.public_key(), now - ISSUED_AGO, now + LIFETIME)
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(_authority_key(key), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, starts: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number(), starts, ends)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _key_usage(authority: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _authority_key(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _name(common_name: str, unit: str | None = None) -> x509.Name:
    units = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []
    return x509.Name([*units, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _mail_or_dns(name: str) -> x509.GeneralName:
    return x509.RFC822Name(name) if "@" in name else x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
