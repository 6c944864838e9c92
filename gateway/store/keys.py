"""What is sealed, and with what: one data key per message, wrapped by the master key; HMACs for look-up.

From the master key three keys are derived (HKDF-SHA256), one per use: wrapping, look-up, and the key's own public id.
The tenant, the key id and the place of a content are authenticated with it, so that a row copied elsewhere in the
database does not open. Deleting the wrapped key erases the content; HMACs stay, so duplicates are still recognised.

Source: NIST SP 800-38D (AES-GCM), RFC 5869 (HKDF), RFC 2104 (HMAC).
"""

import hmac
import os
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.errors import ConfigurationError, StorageError
from gateway.model import Finding, ItemId

MASTER_KEY_BYTES = 32
_DATA_KEY_BITS = 256
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored."""

    key_id: str
    wrapped: bytes


class DataKey:
    """The key of one message. `place` says what a content is: it must be the same when opening as when sealing."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, content: bytes, *place: str) -> bytes:
        return _encrypt(self._cipher, content, _joined(place))

    def open(self, sealed: bytes, *place: str) -> bytes:
        """Raises StorageError (`store-damaged`) when the bytes, the place or the key are not the right ones."""
        return _decrypt(self._cipher, sealed, _joined(place))


class Keyring:
    """What can be done with the master key. Raises ConfigurationError when it has not 256 bits."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != MASTER_KEY_BYTES:
            raise ConfigurationError(Finding("master-key-length", facts=(("expected", str(MASTER_KEY_BYTES)),)))
        self._wrapping = AESGCM(_derived(master_key, b"wrapping"))
        self._look_up = _derived(master_key, b"look-up")
        self.key_id = _derived(master_key, b"key-id")[:8].hex()

    def new_key(self, tenant: str, message: ItemId) -> tuple[DataKey, WrappedKey]:
        """A fresh data key, ready to use and ready to store."""
        key = AESGCM.generate_key(_DATA_KEY_BITS)
        wrapped = _encrypt(self._wrapping, key, _joined((self.key_id, tenant, message)))
        return DataKey(key), WrappedKey(self.key_id, wrapped)

    def unwrap(self, wrapped: WrappedKey, tenant: str, message: ItemId) -> DataKey:
        """Raises StorageError (`store-damaged`) when the key is not of this tenant, message and master key."""
        return DataKey(_decrypt(self._wrapping, wrapped.wrapped, _joined((wrapped.key_id, tenant, message))))

    def digest(self, tenant: str, use: str, *values: str) -> bytes:
        """The HMAC by which `values` are found again within a tenant and a use, whatever their Unicode form.

        Upper and lower case stay different: two local patient ids may differ by nothing else.
        """
        return hmac.digest(self._look_up, _joined((tenant, use, *map(_normalised, values))), "sha256")


def _derived(master_key: bytes, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cpts-gateway/" + use).derive(master_key)


def _normalised(value: str) -> str:
    return unicodedata.normalize("NFC", value).strip()


def _joined(parts: tuple[str, ...]) -> bytes:
    """Parts with their lengths in front, so that no two lists give the same bytes. Mail may hold lone surrogates."""
    encoded = [part.encode("utf-8", "surrogatepass") for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _encrypt(cipher: AESGCM, content: bytes, context: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, context)


def _decrypt(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context)
    except (InvalidTag, ValueError):
        raise StorageError(Finding("store-damaged")) from None
