"""TLS towards the operator, for SMTP and IMAP alike: mutual, TLS 1.2 or newer, one authority and names checked.

There is no setting that loosens any of this; the system's own list of authorities is never read.
Source: MSSanté referential (client ↔ operator) ECO.1.1.1 (TLS >= 1.2), ECO.1.1.5 to ECO.1.1.7 (validity and
revocation), ECO.1.1.10 (IGC Santé is the only acceptable authority); organisation certificate ORG AUTH_CLI.
"""

import ssl
import stat
from pathlib import Path

from gateway.errors import ConfigurationError
from gateway.model import Finding


def client_context(
    ca_file: Path, certificate_file: Path, key_file: Path, crl_file: Path | None = None
) -> ssl.SSLContext:
    """A context that presents our certificate and trusts servers of one authority only.

    With `crl_file` (PEM), a server certificate is refused when it is on the list, and when the list has expired. The
    files are read once: a renewed certificate or list needs a new context. Raises ConfigurationError.
    """
    _check_private(key_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _trust(context, ca_file)
    _present(context, certificate_file, key_file)
    if crl_file:
        _trust(context, crl_file)
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    return context


def _check_private(key_file: Path) -> None:
    try:
        mode = key_file.stat().st_mode
    except OSError:
        raise _unusable(key_file) from None
    if mode & stat.S_IRWXO:
        raise ConfigurationError(Finding("tls-key-exposed", str(key_file)))


def _trust(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except (OSError, ValueError):
        raise _unusable(file) from None


def _present(context: ssl.SSLContext, certificate_file: Path, key_file: Path) -> None:
    try:
        # An encrypted key must fail here: without a password OpenSSL would ask the terminal, and a service would hang.
        context.load_cert_chain(certificate_file, key_file, password="")
    except (OSError, ValueError):
        raise _unusable(certificate_file) from None


def _unusable(file: Path) -> ConfigurationError:
    return ConfigurationError(Finding("tls-file-unusable", str(file)))
