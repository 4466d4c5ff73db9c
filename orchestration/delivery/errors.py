"""What keeps a message from being sent."""

from __future__ import annotations

import os


class NotDelivered(Exception):
    """A message could not be sent; the text says by which way, why, and what to do."""


def secret(reference: str, key: str) -> str:
    """The value of an environment variable that the config names as `env:NAME`.

    Args:
        key: the config's key, for the message.

    Raises:
        NotDelivered: it is not set.
    """
    name = reference.removeprefix("env:")
    value = os.environ.get(name)
    if not value:
        raise NotDelivered(f"{key}: the environment variable {name} is not set. Set it where the run is started.")
    return value
