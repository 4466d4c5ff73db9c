"""Exports that lie elsewhere: buckets, servers, web addresses. Whatever fsspec reaches.

What is fetched is kept in `<home>/remote/<source>/` until the pull that needs it is committed, so that a pull that
breaks off goes on where it stopped. What stays is a list of what was fetched: an object with the same ETag (or size and
time of change) as then is not fetched again.
"""

from __future__ import annotations

import errno
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from orchestration.errors import ExportsError, UnreachableError
from orchestration.exports.storage import resolved, shown

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

_TRIES = 4
_FIRST_PAUSE = 1.0  # seconds; doubled each time, with a bit of chance so that many do not come back at once
_SILENT_AFTER = 120  # seconds without a byte
_CHUNK = 1 << 20
_DRIVERS = {"gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure", "adl": "azure"}
_VERSION_KEYS = {"etag", "e_tag", "md5hash", "content-md5", "contentmd5", "digest"}
_CHANGED_KEYS = {"lastmodified", "last-modified", "last_modified", "mtime", "updated", "modified"}
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}

T = TypeVar("T")


class _Refused(Exception):
    """Asking again will not help; the text says why."""


@dataclass(frozen=True)
class RemoteObject:
    """One file elsewhere.

    Attributes:
        name: its name within the export.
        url: its URL as it may be shown.
        size: in bytes, where the server tells.
        known_sha256: the hash of its content, if it has not changed since it was last fetched.
        fetch: brings its bytes here, and says where they are. Raises ExportsError if that cannot be done.
        version: what tells it from an older one of the same name; None where the server gives no hint.
    """

    name: str
    url: str
    size: int | None
    known_sha256: str | None
    fetch: Callable[[], Path]
    version: str | None = None


@dataclass(frozen=True)
class Found:
    """One export elsewhere: a folder with its objects, or a single object."""

    url: str
    is_folder: bool
    is_zip: bool
    objects: tuple[RemoteObject, ...]


@dataclass
class Place:
    """Where a source's exports lie, how it is reached, and what was fetched from there before.

    Attributes:
        url: as in the config.
        storage: the source's [sources.storage].
        folder: `<home>/remote/<source>`.
        where: the config key, for messages.
    """

    url: str
    storage: dict[str, Any]
    folder: Path
    where: str
    _fetched: dict[str, dict[str, Any]] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)
    _new: set[str] = field(default_factory=set)
    _secrets: list[str] = field(default_factory=list)

    def find(self) -> list[Found]:
        """The exports at the URL, in the order of their names.

        Raises:
            ExportsError: nothing lies there, or it cannot be reached; says what to do.
            UnreachableError: it does not answer as it should, and may later.
        """
        self._fetched = {entry["key"]: entry for entry in self._read_list()}
        fs, path = self._try("connect to it", self._connect)
        is_web = self._protocol in ("http", "https")
        if any(sign in path for sign in "*[") and not is_web:
            paths = sorted(self._try("list it", lambda: fs.glob(path)))
        else:
            paths = [path]
        if is_web and "*" in path:
            raise self._error("web servers do not list what they hold: name one file or archive")
        found = [self._try("look at it", lambda one=one: self._look(fs, one)) for one in paths]
        found = [export for export in found if export.objects]
        if not found:
            raise self._error("nothing lies there")
        return found

    def forget_bytes(self) -> None:
        """Removes what was fetched (its rows are in the lake now), and from the list what lies there no more."""
        if not self.folder.exists():
            return
        for file in self.folder.iterdir():
            if file.name != "fetched.jsonl":
                file.unlink()
        part = self.folder / "fetched.jsonl.part"
        kept = [entry for entry in self._fetched.values() if entry["key"] in self._listed]
        part.write_text("".join(json.dumps(entry) + "\n" for entry in kept), encoding="utf-8")
        part.replace(self.folder / "fetched.jsonl")

    @property
    def _protocol(self) -> str:
        return self.url.split("://")[0]

    def _connect(self) -> tuple[AbstractFileSystem, str]:
        import fsspec

        try:
            options = resolved(self.storage, self._secrets)
            if self._protocol in ("sftp", "ssh"):
                from orchestration.exports.sftp import KnownHostsSftp

                parts = urlsplit(self.url)
                options = {"username": parts.username, "port": parts.port or 22} | options
                return KnownHostsSftp(parts.hostname, skip_instance_cache=True, **options), parts.path or "/"
            return fsspec.core.url_to_fs(
                self.url, skip_instance_cache=True, use_listings_cache=False, **self._with_patience(options)
            )
        except ImportError as error:
            extra = _DRIVERS.get(self._protocol)
            advice = f"pip install 'stillhere[{extra}]'" if extra else f"install what it asks for: {error}"
            raise _Refused(f"{self._protocol}:// needs a driver that is not installed: {advice}") from error
        except (ValueError, TypeError, KeyError) as error:
            raise _Refused(str(error.args[0]) if error.args else str(error)) from error

    def _with_patience(self, options: dict[str, Any]) -> dict[str, Any]:
        """Large files may take hours, as long as bytes come; and a web server's login is written in two keys."""
        if self._protocol in ("http", "https"):
            import aiohttp

            client = {"timeout": aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=_SILENT_AFTER)}
            user, password = options.pop("username", None), options.pop("password", None)
            if user is not None:
                client["auth"] = aiohttp.BasicAuth(user, password or "")
            return options | {"client_kwargs": client | options.get("client_kwargs", {})}
        if self._protocol in ("s3", "s3a"):
            # One who asks again is enough.
            patience = {"connect_timeout": 30, "read_timeout": _SILENT_AFTER, "retries": {"max_attempts": 1}}
            return options | {"config_kwargs": patience | options.get("config_kwargs", {})}
        return options

    def _look(self, fs: AbstractFileSystem, path: str) -> Found:
        info = fs.info(path)
        url = self._url_of(path)
        if info.get("type") != "directory":
            packed = info.get("mimetype") in ("application/zip", "application/x-zip-compressed")
            return Found(url, False, packed, (self._object(fs, path, url, info),))
        entries = {
            name: entry
            for name, entry in fs.find(path, detail=True).items()
            # Some tools mark a folder of a bucket with an empty object.
            if entry.get("type") != "directory" and not name.endswith("/")
        }
        root = path.rstrip("/") + "/"
        return Found(
            url,
            True,
            False,
            tuple(
                self._object(fs, name, name.removeprefix(root), entry)
                for name, entry in sorted(entries.items())
                if name.startswith(root)
            ),
        )

    def _url_of(self, path: str) -> str:
        if self._protocol in ("http", "https"):
            return shown(self.url).removesuffix("?...")
        host = f"{self._protocol}://{urlsplit(self.url).netloc.rpartition('@')[2]}" if path.startswith("/") else ""
        return f"{host}{path}" if host else f"{self._protocol}://{path}"

    def _object(self, fs: AbstractFileSystem, path: str, name: str, info: dict[str, Any]) -> RemoteObject:
        key = hashlib.sha256(f"{self.url.split('://')[0]}://{path}".encode()).hexdigest()[:32]
        self._listed.add(key)
        size, version = info.get("size"), _version(info)
        before = self._fetched.get(key)
        known = before["sha256"] if before and version and before["version"] == version else None
        url = self._url_of(path)
        fetch = partial(self._fetch, fs, path, url, key, size, version)
        return RemoteObject(name, url, size, known, fetch, version)

    def _fetch(
        self, fs: AbstractFileSystem, path: str, url: str, key: str, size: int | None, version: str | None
    ) -> Path:
        target = self.folder / key
        before = self._fetched.get(key)
        is_current = key in self._new or (before and version and before["version"] == version)
        if is_current and target.exists():
            return target
        self.folder.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")

        def get() -> None:
            part.unlink(missing_ok=True)
            fs.get_file(path, str(part))
            if size is not None and part.stat().st_size != size:
                raise ConnectionError(f"{part.stat().st_size:,} of {size:,} bytes came")

        self._try("fetch it", get, url)
        digest = hashlib.sha256()
        with part.open("rb") as fetched:
            while chunk := fetched.read(_CHUNK):
                digest.update(chunk)
        part.replace(target)
        entry = {"key": key, "url": url, "version": version, "sha256": digest.hexdigest()}
        self._fetched[key] = entry
        self._new.add(key)
        with (self.folder / "fetched.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")
        return target

    def _read_list(self) -> list[dict[str, Any]]:
        """What was fetched; a line that a killed run wrote half of, or that is damaged, does not count."""
        file, entries = self.folder / "fetched.jsonl", []
        for line in file.read_text("utf-8", "replace").splitlines() if file.exists() else ():
            try:
                entry = json.loads(line)
                entries.append({name: entry[name] for name in ("key", "url", "version", "sha256")})
            except (ValueError, KeyError, TypeError):
                continue
        return entries

    def _try(self, what: str, action: Callable[[], T], url: str | None = None) -> T:
        """Does it, again where the trouble may pass, and else says clearly what the trouble was."""
        for attempt in range(1, _TRIES + 1):
            try:
                return action()
            except ExportsError:
                raise
            except Exception as error:  # each driver raises errors of its own
                if isinstance(error, OSError) and error.errno in _DISK_FULL:
                    raise ExportsError(
                        f"{self.folder}: cannot write there: {error.strerror}. Make room, then run again: what was"
                        " fetched so far is kept."
                    ) from None
                tried = f" after {attempt} tries" if attempt > 1 else ""
                trouble = f"cannot {what}{tried}: {self._without_secrets(error)}"
                if _is_final(error):
                    raise self._error(trouble, url) from None
                if attempt == _TRIES:
                    raise UnreachableError(self._error(trouble, url).message) from None
                time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))
        raise AssertionError("unreachable")

    def _error(self, what: str, url: str | None = None) -> ExportsError:
        return ExportsError(
            f"{self.where}: {url or shown(self.url)}: {what}. Check the URL and the login (docs/places.md);"
            " what was fetched before is kept, and the next run goes on from there."
        )

    def _without_secrets(self, error: Exception) -> str:
        status = _status(error)
        if isinstance(error, FileNotFoundError) and status in (None, 404):
            return "nothing lies there"
        if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
            error = error.__cause__  # type: ignore[assignment]
        text = shown(str(error).strip() or type(error).__name__)
        for secret in filter(None, self._secrets):
            text = text.replace(secret, "***")
        return text.splitlines()[0][:500].rstrip(".")


def _version(info: dict[str, Any]) -> str | None:
    """What tells one version of an object from the next; None where the server gives no hint."""
    given = {key.lower(): str(value) for key, value in info.items() if value is not None}
    marks = [given[key] for key in sorted(given) if key in _VERSION_KEYS]
    changed = [given[key] for key in sorted(given) if key in _CHANGED_KEYS]
    return json.dumps([given.get("size"), marks, changed]) if marks or changed else None


def _is_final(error: BaseException) -> bool:
    """Whether asking again cannot help: nothing there, no access, a wrong setting."""
    status = _status(error)
    if status is not None:
        return 400 <= status < 500 and status not in (408, 425, 429)
    if isinstance(error, FileNotFoundError) and isinstance(error.__cause__, Exception):
        # fsspec's web files: whatever happened is "not found"; the cause says what it was.
        return _is_final(error.__cause__)
    if isinstance(error, _Refused | FileNotFoundError | PermissionError | ValueError | TypeError | NotImplementedError):
        return True
    return type(error).__name__ in _FINAL_NAMES


def _status(error: BaseException | None) -> int | None:
    """The HTTP status that an error is about, or one that it was raised from."""
    while error is not None:
        status = getattr(error, "status", None)
        response = getattr(error, "response", None)
        if isinstance(response, dict):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None


# By name, so that no driver has to be imported that a source does not use.
_FINAL_NAMES = {
    "AuthenticationException",
    "BadHostKeyException",
    "UnknownHost",
    "NoCredentialsError",
    "PartialCredentialsError",
    "InvalidURL",
    "NonHttpUrlClientError",
    "ClientAuthenticationError",
    "DefaultCredentialsError",
}
