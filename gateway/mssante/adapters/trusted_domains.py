"""The published list of the trusted space ("liste blanche"): the port TrustedDomains over a file kept by the operator.

Only a domain on the list, letter for letter, is trusted: no suffix such as `mssante.fr` proves anything, and a
sub-domain of a listed domain is not listed. A list that is missing, unreadable or too old stops sending (it never lets
anything through), as a temporary error: the recipients are not at fault.

The real schema could not be confirmed. Accepted is any XML whose root is `listeBlanche` (any case) and whose elements
named `domaine` or `domain` hold the domain as their text, or in an attribute `nom`, `name` or `valeur`; namespaces are
ignored. A list in which none is found is unreadable. Age is the file's own, that is of the last download.
Source: MSSanté referential, liste blanche (https://espacedeconfiance.mssante.fr/listeblanchemssante.xml).
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from gateway.errors import InputError, TransportError
from gateway.model import Finding, MailAddress
from gateway.mssante.adapters.addresses import domain_of, is_domain
from gateway.mssante.format.xml import parse
from gateway.ports import Clock

MAX_LIST_BYTES = 16 * 1024 * 1024
_ATTRIBUTES = ("nom", "name", "valeur")


class TrustedDomainList:
    """The list in one file, read again whenever it changes. Replace the file by renaming, never by writing into it.

    `max_age_seconds` counts from the file's modification time. Raises TransportError from `trusts`, never at the start.
    """

    def __init__(self, path: Path, clock: Clock, max_age_seconds: float) -> None:
        self._path, self._clock, self._max_age_seconds = path, clock, max_age_seconds
        self._version: tuple[int, int, int] | None = None
        self._domains: frozenset[str] = frozenset()

    def trusts(self, address: MailAddress) -> bool:
        """Whether the address is a plain mailbox address and its domain is on the list."""
        self._refresh()
        return domain_of(address) in self._domains

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
        except OSError:
            raise _unusable() from None
        if self._clock.now().timestamp() - status.st_mtime > self._max_age_seconds:
            limit = (("limit", f"{self._max_age_seconds:.0f}"),)
            raise TransportError(Finding("trusted-list-stale", facts=limit), temporary=True)
        version = (status.st_mtime_ns, status.st_ino, status.st_size)
        if version != self._version:
            self._domains, self._version = _read(self._path, status), version


def _read(path: Path, status: os.stat_result) -> frozenset[str]:
    if status.st_size > MAX_LIST_BYTES:
        raise _unusable()
    try:
        root = parse(path.read_bytes(), "trusted-list-unusable")
    except (OSError, InputError):
        raise _unusable() from None
    domains = frozenset(_domains(root)) if _name(root) == "listeblanche" else frozenset()
    if not domains:
        raise _unusable()
    return domains


def _domains(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        if _name(element) in ("domaine", "domain"):
            written = next((element.get(name) for name in _ATTRIBUTES if element.get(name)), element.text) or ""
            if is_domain(domain := written.strip().lower()):
                yield domain


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _unusable() -> TransportError:
    return TransportError(Finding("trusted-list-unusable"), temporary=True)
