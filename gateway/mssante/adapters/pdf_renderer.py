"""The letter as PDF/A-1b, by typst: compiled in this process, with the fonts that typst brings, without network.

Source: typst 0.15 (`pdf_standards`); ISO 19005-1 level B.
"""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import typst

from gateway.errors import MappingError
from gateway.model import Finding
from gateway.mssante.format.letter import Letter
from gateway.mssante.format.pdf import typst_source

_STANDARD: Final = "a-1b"
_MAIN = "letter.typ"


class TypstRenderer:
    """The port `PdfRenderer`."""

    def render(self, letter: Letter, created_at: datetime) -> bytes:
        """A PDF/A-1b, byte for byte the same for the same letter and second. MappingError `letter-not-printable`."""
        source, pictures = typst_source(letter)
        with TemporaryDirectory(prefix="letter-") as folder:
            for name, content in ({_MAIN: source.encode()} | dict(pictures)).items():
                Path(folder, name).write_bytes(content)
            try:
                return _compile(Path(folder), created_at)
            except (typst.TypstError, RuntimeError) as error:
                # The words of typst may quote the letter, so they are not passed on.
                raise MappingError(Finding("letter-not-printable")) from error


def _compile(folder: Path, created_at: datetime) -> bytes:
    return typst.compile(
        folder / _MAIN,
        root=folder,
        format="pdf",
        pdf_standards=_STANDARD,
        ignore_system_fonts=True,
        timestamp=int(created_at.timestamp()),
    )
