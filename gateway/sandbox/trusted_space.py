"""The list of domains of the trusted space ("liste blanche"), as the embedded operator publishes it.

`<listeBlanche><domaine>…</domaine></listeBlanche>`: a shape of ours. The schema of the published list is unconfirmed.
Source: MSSanté, liste blanche (espacedeconfiance.mssante.fr), its existence and use only.
"""

import threading
from collections.abc import Iterable
from pathlib import Path

from lxml import etree


class TrustedSpace:
    """The domains, in memory for the operator and in an XML file for its clients."""

    def __init__(self, path: Path, domains: Iterable[str]) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._domains = {domain.lower() for domain in domains}
        self.publish()

    def trusts(self, address: str) -> bool:
        """Whether the address's domain is listed; sub-domains are domains of their own."""
        return address.rpartition("@")[2].lower() in self._domains

    def add(self, domain: str) -> None:
        """List a domain, and publish."""
        with self._lock:
            self._domains.add(domain.lower())
            self.publish()

    def remove(self, domain: str) -> None:
        """Strike a domain off, and publish."""
        with self._lock:
            self._domains.discard(domain.lower())
            self.publish()

    def publish(self) -> None:
        """Write the file anew, with a new date, in one step: a client never reads half a list."""
        root = etree.Element("listeBlanche")
        for domain in sorted(self._domains):
            etree.SubElement(root, "domaine").text = domain
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
        fresh.replace(self.path)
