"""Is a picture one that a PDF/A-1 page can hold? PDF/A-1 forbids transparency, so a see-through PNG is laid on white.

Source: ISO 19005-1 §6.4 (no transparency); PNG and JPEG.
"""

import io
import warnings

from PIL import Image

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
_MAX_PIXELS = 50_000_000
"""Above it a picture is not opened: a few bytes may claim gigabytes."""
_PLAIN_MODES = frozenset({"L", "RGB"})


def printable_picture(media_type: str, content: bytes) -> tuple[str, bytes] | None:
    """(media type, bytes) of the picture as it can be printed, the very bytes where possible; None if unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _checked(media_type, content)
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError, Warning):
        return None


def _checked(media_type: str, content: bytes) -> tuple[str, bytes] | None:
    Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]).verify()
    image = Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]])
    if image.width * image.height > _MAX_PIXELS:
        return None
    image.load()
    if image.mode in _PLAIN_MODES and "transparency" not in image.info and not getattr(image, "is_animated", False):
        return media_type, content
    return "image/png", _on_white(image)


def _eight_bits(image: Image.Image) -> Image.Image:
    """A 16-bit grey picture (a radiograph) scaled to 8 bits: a plain conversion would cut it off at 255."""
    return image.point(lambda value: value / 257).convert("L") if image.mode.startswith("I") else image


def _on_white(image: Image.Image) -> bytes:
    page = Image.new("RGB", image.size, "white")
    layer = _eight_bits(image).convert("RGBA")
    page.paste(layer, mask=layer)
    written = io.BytesIO()
    page.save(written, "PNG")
    return written.getvalue()
