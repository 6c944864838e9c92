"""What is sealed opens only with the same key, in the same place; look-up values are told apart, and never shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationError, StorageError
from gateway.model import ItemId
from gateway.store.keys import Keyring, WrappedKey

KEYRING = Keyring(b"m" * 32)
MESSAGE = ItemId("m1")
any_text = st.text(st.characters(), max_size=20)  # lone surrogates too


@given(st.binary(max_size=200), st.lists(any_text, max_size=3))
def test_what_was_sealed_is_opened_after_its_key_was_stored(content, place):
    key, wrapped = KEYRING.new_key("tenant", MESSAGE)
    sealed = key.seal(content, *place)
    assert KEYRING.unwrap(wrapped, "tenant", MESSAGE).open(sealed, *place) == content


def test_the_same_content_never_looks_the_same_twice():
    key, _ = KEYRING.new_key("tenant", MESSAGE)
    assert key.seal(b"content") != key.seal(b"content")


@pytest.mark.parametrize("place", [(), ("m1",), ("m1", "pdf", ""), ("m1p", "df"), ("m1", "pdF")])
def test_a_content_moved_elsewhere_does_not_open(place):
    key, _ = KEYRING.new_key("tenant", MESSAGE)
    with pytest.raises(StorageError) as error:
        key.open(key.seal(b"content", "m1", "pdf"), *place)
    assert error.value.code == "store-damaged"


@given(st.integers(0, 27 + 7), st.integers(1, 255))
def test_a_content_with_any_byte_changed_does_not_open(position, flip):
    key, _ = KEYRING.new_key("tenant", MESSAGE)
    sealed = bytearray(key.seal(b"content"))  # 12 bytes of nonce, 7 of content, 16 of tag
    sealed[position] ^= flip
    with pytest.raises(StorageError):
        key.open(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"x", b"x" * 12, b"x" * 27])
def test_a_content_cut_short_does_not_open(sealed):
    key, _ = KEYRING.new_key("tenant", MESSAGE)
    with pytest.raises(StorageError):
        key.open(sealed)


def test_a_wrapped_key_opens_for_its_tenant_message_and_key_id_only():
    _, wrapped = KEYRING.new_key("tenant", MESSAGE)
    for keyring, key, tenant, message in [
        (KEYRING, wrapped, "other", MESSAGE),
        (KEYRING, wrapped, "tenant", ItemId("m2")),
        (KEYRING, WrappedKey("other", wrapped.wrapped), "tenant", MESSAGE),
        (Keyring(b"n" * 32), wrapped, "tenant", MESSAGE),
    ]:
        with pytest.raises(StorageError):
            keyring.unwrap(key, tenant, message)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(length):
    with pytest.raises(ConfigurationError) as error:
        Keyring(b"k" * length)
    assert error.value.code == "master-key-length"


@given(st.lists(any_text, min_size=1, max_size=3), st.lists(any_text, min_size=1, max_size=3))
def test_different_values_have_different_digests(one, other):
    def comparable(values):
        return [KEYRING.digest("t", "use", value) for value in values]

    same = comparable(one) == comparable(other)
    assert (KEYRING.digest("t", "use", *one) == KEYRING.digest("t", "use", *other)) is same


def test_a_digest_depends_on_tenant_use_and_master_key():
    digests = {
        KEYRING.digest("t", "use", "v"),
        KEYRING.digest("u", "use", "v"),
        KEYRING.digest("t", "other", "v"),
        Keyring(b"n" * 32).digest("t", "use", "v"),
        KEYRING.digest("t", "use", "w"),
    }
    assert len(digests) == 5
