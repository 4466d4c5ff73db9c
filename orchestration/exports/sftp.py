"""SFTP servers, whose host key has to be a known one."""

from __future__ import annotations

from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem


class UnknownHost(Exception):
    """The server is in no list of known hosts: it might be anybody."""


class KnownHostsSftp(SFTPFileSystem):
    """fsspec's SFTP, which by itself would take any server's word for who it is.

    Args (besides paramiko's, such as username, password, key_filename, passphrase):
        known_hosts: a file as ssh keeps it; by default ~/.ssh/known_hosts.
    """

    def __init__(self, host: str, known_hosts: str | None = None, **ssh: Any):
        self._known_hosts = known_hosts
        super().__init__(host, **ssh)

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys(self._known_hosts)
        self.client.set_missing_host_key_policy(_Refuse())
        options = {"timeout": 30, "banner_timeout": 30, "auth_timeout": 30} | self.ssh_kwargs
        self.client.connect(self.host, **options)
        self.ftp = self.client.open_sftp()


class _Refuse(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        raise UnknownHost(
            f"the server's key ({key.get_name()}, {key.fingerprint}) is not among the known hosts: make sure that it is"
            f" the server's, and add it with ssh-keyscan {hostname} >> ~/.ssh/known_hosts (or set storage.known_hosts)"
        )
