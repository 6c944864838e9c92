"""The mailbox addresses that we write on an SMTP command line and look up in the trusted list.

Narrower than RFC 5321 on purpose: no quoted local part, no address literal, no UTF-8 (RFC 6531). The trusted space
has none of them, and each is a way to smuggle a parameter or a second recipient into a command.
Source: RFC 5321 §4.1.2 (Mailbox, Dot-string, Domain), §4.5.3.1 (lengths).
"""

import re

from gateway.model import MailAddress

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{3,253}}\Z){_LABEL}(?:\.{_LABEL})+")
_LOCAL_PART = re.compile(rf"(?=.{{1,64}}\Z){_ATEXT}(?:\.{_ATEXT})*")
MAX_ADDRESS = 254


def is_mailbox(address: str) -> bool:
    """Whether the address may be written on a command line as it is.

    >>> is_mailbox("dr.martin@medecin.mssante.fr"), is_mailbox("a@b.fr> SIZE=1"), is_mailbox("a@b.fr\\r\\nRSET")
    (True, False, False)
    """
    local_part, _, domain = address.rpartition("@")
    return len(address) <= MAX_ADDRESS and _LOCAL_PART.fullmatch(local_part) is not None and is_domain(domain)


def is_domain(name: str) -> bool:
    """Whether this is a domain name of at least two labels, in ASCII (an internationalised one in its `xn--` form)."""
    return _DOMAIN.fullmatch(name) is not None


def domain_of(address: MailAddress) -> str:
    """The domain in lower case; empty where the address is not one."""
    return address.rpartition("@")[2].lower() if is_mailbox(address) else ""
