"""[sources.storage]: how a source's bucket or server is reached; secrets are named there and lie in the environment."""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

_SECRET = re.compile(r"secret|passw|passphrase|token|credential|authorization|cookie|conn(ection)?_str|sas|(^|_)key$")
_NO_SECRETS = ("anon", "cloud", "google_default")  # words that Google's driver takes for a token
_QUERY = re.compile(r"(\w+://[^\s'\"?]+)\?[^\s'\")]*")
_LOGIN = re.compile(r"(\w+://)[^\s/@'\"]+@")


def is_url(path: str) -> bool:
    """Whether a source's path lies elsewhere."""
    return "://" in path


def shown(url: str) -> str:
    """A URL, or a text with URLs in it, without logins and queries: those may be secrets."""
    return _QUERY.sub(r"\1?...", _LOGIN.sub(r"\1", url))


def problem_of(path: str, storage: dict[str, Any]) -> str | None:
    """What is wrong with a source's URL and its [sources.storage]; None if nothing is."""
    if not is_url(path):
        return "storage is for URLs, and this source's path is none" if storage else None
    protocol = path.split("://")[0]
    if "::" in path or not re.fullmatch(r"[a-z][a-z0-9+.-]*", protocol) or protocol in ("file", "local"):
        return (
            f"path: {shown(path)}: expected a local path, or a URL such as s3://bucket/folder or https://host/file.zip"
        )
    try:
        password = urlsplit(path).password
    except ValueError:
        return f"path: {shown(path)}: not a valid URL"
    if password:
        return 'path: a password does not belong into the config: write it as storage.password = "env:NAME"'
    bad = _in_clear(storage, "storage")
    return (
        f'{bad}: a secret does not belong into the config: write "env:NAME", with NAME a variable that holds it'
        if (bad)
        else None
    )


def _in_clear(value: dict[str, Any], where: str) -> str | None:
    for key, inner in value.items():
        if isinstance(inner, dict):
            found = _in_clear(inner, f"{where}.{key}")
            if found:
                return found
        elif _SECRET.search(key.lower().replace("-", "_")) and not (
            isinstance(inner, str) and (inner.startswith("env:") or inner in _NO_SECRETS)
        ):
            return f"{where}.{key}"
    return None


def resolved(value: Any, secrets: list[str], where: str = "storage") -> Any:
    """The options with what the environment holds in place of `env:NAME`.

    Args:
        secrets: gets every value that was put in.

    Raises:
        KeyError: a variable is not set; the text says which, and where it is asked for.
    """
    if isinstance(value, dict):
        return {key: resolved(inner, secrets, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, secrets, where) for inner in value]
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise KeyError(f"{where}: the environment variable {name} is not set")
        secrets.append(os.environ[name])
        return os.environ[name]
    return value
