import struct
import warnings
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InputError
from gateway.mssante.format.zip import Limits, unzip
from tests.mssante.format.examples import example, refusal

LIMITS = Limits()


def archive(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, content in files:
            made.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


def symlink() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo("LINK")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        made.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def encrypted() -> bytes:
    content = bytearray(archive(("A.TXT", b"secret")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def lying_about_its_size() -> bytes:
    """The headers say 10 bytes; the stream holds two million."""
    content = bytearray(archive(("A.TXT", b"\x00" * 2_000_000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(signature) + offset
        content[place : place + 4] = struct.pack("<I", 10)
    return bytes(content)


GOOD = archive(("A.TXT", b"hello"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (example("invalid/xdm-path-traversal.zip"), "zip-name-refused"),
        (archive(("../A.TXT", b"")), "zip-name-refused"),
        (archive(("a/../../A.TXT", b"")), "zip-name-refused"),
        (archive(("..\\A.TXT", b"")), "zip-name-refused"),
        (archive(("a/.. /A.TXT", b"")), "zip-name-refused"),
        (archive(("/etc/A.TXT", b"")), "zip-name-refused"),
        (archive(("\\A.TXT", b"")), "zip-name-refused"),
        (archive(("//host/share/A.TXT", b"")), "zip-name-refused"),
        (archive(("C:\\A.TXT", b"")), "zip-name-refused"),
        (archive(("c:A.TXT", b"")), "zip-name-refused"),
        (archive(("A\nB.TXT", b"")), "zip-name-refused"),
        (archive(("N" * 300, b"")), "zip-name-refused"),
        (archive(("A.TXT", b"1"), ("A.TXT", b"2")), "zip-duplicate-name"),
        (archive(("A.TXT", b"1"), ("a.txt", b"2")), "zip-duplicate-name"),
        (archive(("D/A.TXT", b"1"), ("D\\A.TXT", b"2")), "zip-duplicate-name"),
        (archive(("INNER.ZIP", b"")), "zip-nested"),
        (archive(("INNER.BIN", GOOD)), "zip-nested"),
        (archive(("A.TXT", b"x"), method=zipfile.ZIP_LZMA), "zip-method"),
        (archive(("A.TXT", b"x"), method=zipfile.ZIP_BZIP2), "zip-method"),
        (symlink(), "zip-symlink"),
        (encrypted(), "zip-encrypted"),
        (example("invalid/xdm-bomb.zip"), "zip-bomb"),
        (archive(("A.TXT", b"\x00" * 5_000_000)), "zip-bomb"),
        (lying_about_its_size(), "zip-unreadable"),
        (archive(*((f"{n}.TXT", b"") for n in range(201))), "zip-too-many-entries"),
        (GOOD[:-10], "zip-unreadable"),
        (GOOD[:40], "zip-unreadable"),
        (GOOD[30:], "zip-unreadable"),
        (b"", "zip-unreadable"),
        (b"%PDF-1.7", "zip-unreadable"),
        (archive(("A.TXT", b"hello"), method=zipfile.ZIP_STORED).replace(b"hello", b"jello"), "zip-unreadable"),
    ],
)
def test_each_hostile_archive_is_refused_with_its_code(content: bytes, code: str) -> None:
    assert refusal(lambda: unzip(content, LIMITS)) == code


def test_an_archive_over_the_size_limit_is_refused_unopened() -> None:
    assert refusal(lambda: unzip(GOOD, Limits(max_bytes=10))) == "zip-too-large"


def test_the_limit_holds_for_all_files_together() -> None:
    two = archive(("A.TXT", b"x" * 600), ("B.TXT", b"y" * 600))

    assert refusal(lambda: unzip(two, Limits(max_expanded_bytes=1000))) == "zip-bomb"
    assert len(unzip(two, Limits(max_expanded_bytes=1200))) == 2


def test_a_finding_names_an_entry_by_number_because_names_may_hold_patients() -> None:
    with pytest.raises(InputError) as caught:
        unzip(archive(("A.TXT", b""), ("../VALLORGE.TXT", b"")), LIMITS)

    assert caught.value.findings[0].path == "entry[2]"
    assert "VALLORGE" not in repr(caught.value.findings)


def test_backslashes_become_slashes_and_folders_are_left_out() -> None:
    assert unzip(archive(("D/", b""), ("D\\A.TXT", b"1"), ("./B.TXT", b"2")), LIMITS) == {
        "D/A.TXT": b"1",
        "B.TXT": b"2",
    }


NAMES = st.from_regex(r"[A-Z]{1,8}(/[A-Z0-9]{1,8}){0,2}\.(XML|TXT)", fullmatch=True).filter(str.isascii)


@given(st.dictionaries(NAMES, st.binary(max_size=2000).filter(lambda b: not b.startswith(b"PK\x03\x04")), max_size=5))
def test_ordinary_files_come_back(files: dict[str, bytes]) -> None:
    assert unzip(archive(*files.items()), LIMITS) == files


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_no_damage_makes_it_fail_in_any_other_way(place: int, byte: int, end: int) -> None:
    damaged = bytearray(GOOD)
    damaged[place] = byte
    for content in (bytes(damaged), bytes(damaged[:end])):
        try:
            unzip(content, LIMITS)
        except InputError as error:
            assert error.code.startswith("zip-")
