"""A private Postfix (3.7) in a folder of its own, delivering into a Dovecot by LMTP. It must be started by root.

STARTTLS and a client certificate are required, as at an MSSanté operator; DSN is offered. `flags=X` says that LMTP is
final delivery: without it a receipt says `relayed`, which proves nothing.
Source: Postfix documentation (TLS_README, VIRTUAL_README, LMTP to a store, postfix(1) -c, lmtp(8) flags).
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.sandbox.authority import Authority, Credentials
from tests.peers.dovecot import Dovecot, free_port, wait_for_port

DOMAIN = "hopital.mssante.example"
"""Every mailbox of this domain exists, but the next one."""
UNKNOWN = f"inconnu@{DOMAIN}"
MAX_MAIL_BYTES = 2_000_000

ABSENT = (
    "Postfix is not installed"
    if shutil.which("postfix") is None
    else None
    if os.geteuid() == 0
    else "Postfix must be started by root"
)

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = relais.operateur.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
biff = no
smtputf8_enable = no
message_size_limit = {max_mail_bytes}
virtual_mailbox_domains = {domain}
virtual_mailbox_maps = static:any
virtual_transport = lmtp:unix:{lmtp}
smtpd_recipient_restrictions = reject_unauth_destination,
  check_recipient_access inline:{{ {{ {unknown} = 550 5.1.1 unknown }} }}
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_req_ccert = yes
smtpd_tls_loglevel = 1
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 300 1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
proxymap  unix - - n - - proxymap
smtp      unix - - n - - smtp
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
lmtp      unix - - n - - lmtp flags=X
anvil     unix - - n - 1 anvil
scache    unix - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running server; mails for DOMAIN arrive in `dovecot`."""

    folder: Path
    port: int
    dovecot: Dovecot

    def cut(self) -> None:
        """Break every SMTP connection: the processes that hold them end, and `master` starts others."""
        master = (self.folder / "queue" / "pid" / "master.pid").read_text().strip()
        found = subprocess.run(["pgrep", "-P", master, "-x", "smtpd"], capture_output=True, text=True, check=False)
        for process in found.stdout.split():
            os.kill(int(process), signal.SIGTERM)


@contextmanager
def running_postfix(
    folder: Path, authority: Authority, server: Credentials, dovecot: Dovecot, domains: Sequence[str] = (DOMAIN,)
) -> Iterator[Postfix]:
    """Start, wait until it answers, and stop. Every mailbox of `domains` exists, but UNKNOWN."""
    port, configuration = free_port(), folder / "etc"
    configuration.mkdir(parents=True)
    settings = {
        "folder": folder,
        "domain": " ".join(domains),
        "unknown": UNKNOWN,
        "max_mail_bytes": MAX_MAIL_BYTES,
        "lmtp": dovecot.lmtp_socket,
        "certificate": server.certificate,
        "key": server.key,
        "ca": authority.ca_path,
    }
    (configuration / "main.cf").write_text(_MAIN.format(**settings))
    (configuration / "master.cf").write_text(_MASTER.format(port=port))
    for name in ("queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    command = ["postfix", "-c", str(configuration)]
    process = subprocess.Popen([*command, "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield Postfix(folder, port, dovecot)
    finally:
        subprocess.run([*command, "stop"], check=True, capture_output=True, timeout=30)  # not a signal: it has children
        process.wait(timeout=20)
