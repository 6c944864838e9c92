"""The archive `IHE_XDM.zip`: packed from a submission, unpacked and checked against itself.

Packing gives the same bytes for the same submission. Unpacking reads each document through its entry, never by listing
files, tolerates lower case, backslashes and an extra root folder, and refuses whatever is about two patients.

Source: IHE ITI TF-1 §16 and TF-2 §3.32 (XDM); ANS, Volet Transmission d'un document CDA par messagerie.
"""

import html
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from gateway.error_catalogue import severity_of
from gateway.errors import InputError
from gateway.model import Finding, Severity
from gateway.mssante.format import xds_metadata
from gateway.mssante.format.submission import Submission
from gateway.mssante.format.xds_rules import normal
from gateway.mssante.format.zip import DEFAULT_LIMITS, Limits, unzip

__all__ = ["ARCHIVE_NAME", "Archive", "Limits", "document_name", "pack", "unpack"]

ARCHIVE_NAME: Final = "IHE_XDM.zip"
_SUBSET: Final = "IHE_XDM/SUBSET01/"
_METADATA: Final = "METADATA.XML"
_COMPRESSION_LEVEL: Final = 6
_FIRST_ZIP_YEAR: Final = 1980
_LAST_ZIP_YEAR: Final = 2107
_INDEX: Final = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr"><head><title>Documents de sante</title></head><body>'
    "<h1>Documents de sante</h1><p>Emetteur : {producer}</p><ul>{items}</ul>"
    '<p><a href="README.TXT">README.TXT</a></p></body></html>\n'
)
_README: Final = (
    "Archive IHE XDM.\r\nEmetteur : {producer}\r\n"
    "Contenu : IHE_XDM/SUBSET01, un lot de soumission. Ouvrir INDEX.HTM.\r\n"
)


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that may be trusted as far as it goes: `findings` holds what was wrong but does not stop it."""

    submission: Submission
    documents: tuple[tuple[str, bytes], ...]
    """(URI, bytes) in the order of the entries."""
    metadata_xml: bytes
    findings: tuple[Finding, ...]


def document_name(number: int) -> str:
    """The file name of the n-th document, from 1: upper case, 8.3.

    >>> document_name(1)
    'DOC00001.XML'
    """
    return f"DOC{number:05}.XML"


def pack(submission: Submission, files: Sequence[tuple[str, bytes]], producer: str = "") -> bytes:
    """The archive of a submission; `files` are its documents by URI. Entries carry the time of the submission (UTC).

    Raises InputError with the findings of `xds_metadata.check` where the files are not those that were described.
    """
    findings = xds_metadata.check(submission, dict(files))
    if findings:
        raise InputError(findings)
    entries = (
        ("INDEX.HTM", _index(files, producer)),
        ("README.TXT", _README.format(producer=_ascii(producer)).encode("ascii")),
        (_SUBSET + _METADATA, xds_metadata.write(submission)),
        *((_SUBSET + name, content) for name, content in files),
    )
    return _zip(entries, submission.submission_set.submission_time)


def unpack(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """The documents of an archive with their metadata.

    Raises InputError: the codes of `zip.unzip` and of `xds_metadata.read`; `xdm-no-metadata`; `xdm-several-metadata`;
    and all findings of `xds_metadata.check` as soon as one of them is an error by the catalogue.
    """
    files = unzip(content, limits)
    metadata_name = _find_metadata(files)
    metadata_xml = files[metadata_name]
    submission = xds_metadata.read(metadata_xml)
    folder = metadata_name[: -len(_METADATA)]
    beside = {
        name[len(folder) :]: file for name, file in files.items() if name.startswith(folder) and name != metadata_name
    }
    findings = xds_metadata.check(submission, _in_subset(beside, folder))
    if any(severity_of(finding) in (Severity.ERROR, Severity.FATAL) for finding in findings):
        raise InputError(findings)
    by_name = {normal(name): file for name, file in beside.items()}
    documents = tuple((entry.uri, by_name[normal(entry.uri)]) for entry in submission.entries)
    return Archive(submission, documents, metadata_xml, findings)


def _find_metadata(files: Mapping[str, bytes]) -> str:
    found = [name for name in files if name.casefold().rpartition("/")[2] == _METADATA.casefold()]
    if not found:
        raise InputError(Finding("xdm-no-metadata", "IHE_XDM"))
    if len(found) > 1:
        raise InputError(Finding("xdm-several-metadata", "IHE_XDM", (("found", str(len(found))),)))
    return found[0]


def _in_subset(beside: Mapping[str, bytes], folder: str) -> Mapping[str, bytes]:
    """The files that metadata must describe. Flat archives also keep their index beside METADATA.XML."""
    return beside if folder else {n: f for n, f in beside.items() if normal(n) not in ("index.htm", "readme.txt")}


def _index(files: Sequence[tuple[str, bytes]], producer: str) -> bytes:
    links = (f'<li><a href="{_SUBSET}{html.escape(name)}">{html.escape(name)}</a></li>' for name, _ in files)
    text = _INDEX.format(producer=html.escape(" ".join(producer.split())), items="".join(links))
    return text.encode("ascii", "xmlcharrefreplace")


def _ascii(text: str) -> str:
    """On one line and without accents: README.TXT is read on anything."""
    return unicodedata.normalize("NFKD", " ".join(text.split())).encode("ascii", "ignore").decode("ascii")


def _zip(entries: Sequence[tuple[str, bytes]], moment: datetime | None) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name, _zip_time(moment))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0  # the same bytes whatever system we run on
            archive.writestr(info, content, compresslevel=_COMPRESSION_LEVEL)
    return buffer.getvalue()


def _zip_time(moment: datetime | None) -> tuple[int, int, int, int, int, int]:
    utc = moment.astimezone(UTC) if moment else None
    if utc is None or not _FIRST_ZIP_YEAR <= utc.year <= _LAST_ZIP_YEAR:
        return (_FIRST_ZIP_YEAR, 1, 1, 0, 0, 0)
    return (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
