"""A picture is printed as it came where PDF/A-1 allows it."""

import io
import struct
import zlib

import pytest
from PIL import Image

from gateway.mssante.format.pictures import printable_picture


def picture(mode: str, format_: str = "PNG") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (6, 4)).save(written, format_)
    return written.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_plain_picture_keeps_its_bytes(mode: str) -> None:
    assert printable_picture("image/png", picture(mode)) == ("image/png", picture(mode))
    assert printable_picture("image/jpeg", picture(mode, "JPEG")) == ("image/jpeg", picture(mode, "JPEG"))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "1"])
def test_any_other_becomes_an_opaque_png_of_the_same_size(mode: str) -> None:
    media_type, content = printable_picture("image/png", picture(mode)) or ("", b"")
    image = Image.open(io.BytesIO(content))
    assert (media_type, image.mode, image.size) == ("image/png", "RGB", (6, 4))


def test_the_greys_of_a_radiograph_are_kept() -> None:
    source, written = Image.new("I;16", (3, 1)), io.BytesIO()
    for x, grey in enumerate((0, 32_896, 65_535)):
        source.putpixel((x, 0), grey)
    source.save(written, "PNG")
    _, content = printable_picture("image/png", written.getvalue()) or ("", b"")
    image = Image.open(io.BytesIO(content))
    assert [image.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


def _huge() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 90_000, 90_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n123", picture("RGB")[:60], picture("RGB", "GIF"), _huge()])
def test_what_is_no_picture_or_far_too_large_is_none(content: bytes) -> None:
    assert printable_picture("image/png", content) is None


def test_a_jpeg_that_calls_itself_png_is_refused() -> None:
    assert printable_picture("image/png", picture("RGB", "JPEG")) is None
