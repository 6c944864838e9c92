"""A private Dovecot (2.3) in its own folder: IMAP with STARTTLS and a client certificate required, LMTP on a socket.

No systemd, no privilege needed: every process runs as the user who starts it, or as `dovecot` where that is root.
Source: Dovecot 2.3 documentation (rootless installation, SSL, LMTP).
"""

import getpass
import grp
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.sandbox.authority import Authority, Credentials

PASSWORD = "mot-de-passe-d-essai"
ABSENT = None if shutil.which("dovecot") and Path("/usr/lib/dovecot/lmtp").exists() else "Dovecot is not installed"

_CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
mail_location = maildir:{folder}/mail/%u
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
last_valid_uid = 0
protocols = imap lmtp
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_ca = <{ca_and_crl}
ssl_verify_client_cert = yes
ssl_require_crl = yes
auth_ssl_require_client_cert = yes
ssl_min_protocol = TLSv1.2
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u allow_all_users=yes
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  user = {user}
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server. Any user name is accepted with PASSWORD; its mailbox is made at the first delivery."""

    folder: Path
    port: int

    @property
    def _doveadm(self) -> list[str]:
        return ["doveadm", "-c", str(self.folder / "dovecot.conf")]

    @property
    def lmtp_socket(self) -> Path:
        return self.folder / "lmtp"

    def deliver(self, user: str, mail: bytes) -> None:
        """Put a mail into a mailbox by LMTP, as the operator's own server would."""
        with smtplib.LMTP(str(self.lmtp_socket)) as lmtp:
            lmtp.sendmail("operator@operator.example", user, mail)

    def mails(self, user: str) -> list[bytes]:
        """The mails of a mailbox, read from the disk (where Dovecot keeps LF), without trace headers."""
        box = self.folder / "mail" / user
        files = sorted(box.glob("new/*")) + sorted(box.glob("cur/*"))
        return [without_trace(file.read_bytes().replace(b"\n", b"\r\n")) for file in files]

    def cut(self) -> None:
        """Cut every IMAP connection."""
        subprocess.run([*self._doveadm, "kick", "*"], capture_output=True, timeout=20, check=False)  # 68: nobody there

    def doveadm(self, *words: str) -> str:
        """Run an administrator's command on the mailboxes."""
        return subprocess.run([*self._doveadm, *words], check=True, capture_output=True, text=True, timeout=20).stdout


@contextmanager
def running_dovecot(folder: Path, authority: Authority, server: Credentials, extra: str = "") -> Iterator[Dovecot]:
    """Start, wait until it answers, and stop. `folder` must be short: socket paths hold 107 bytes."""
    port, user = free_port(), _account()
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "folder": folder,
        "port": port,
        "user": user.pw_name,
        "group": grp.getgrgid(user.pw_gid).gr_name,
        "uid": user.pw_uid,
        "gid": user.pw_gid,
        "certificate": server.certificate,
        "key": server.key,
        "ca_and_crl": authority.folder / "ca-and-crl.pem",
        "password": PASSWORD,
    }
    (folder / "dovecot.conf").write_text(_CONFIGURATION.format(**settings) + extra)
    _give(folder, user)
    process = subprocess.Popen(["dovecot", "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield Dovecot(folder, port)
    finally:
        process.terminate()
        process.wait(timeout=20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", seconds: float = 15.0) -> None:
    """Return when the server listens; RuntimeError when it ends or takes too long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


def _account() -> pwd.struct_passwd:
    return pwd.getpwnam("dovecot") if os.geteuid() == 0 else pwd.getpwnam(getpass.getuser())


def _give(folder: Path, user: pwd.struct_passwd) -> None:
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)


def without_trace(mail: bytes) -> bytes:
    """Without the headers that servers put on top when they take a mail in."""
    lines = mail.splitlines(keepends=True)
    while lines and lines[0].lower().startswith((b"return-path:", b"delivered-to:", b"received:")):
        del lines[0]
        while lines and lines[0].startswith((b"\t", b" ")):
            del lines[0]
    return b"".join(lines)
