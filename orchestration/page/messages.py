"""Marking messages for the catalogues where they are data; they are translated where they are shown."""


def mark(message: str) -> str:
    """The message itself; the extractor finds it by this call."""
    return message


def mark_counted(one: str, many: str) -> tuple[str, str]:
    """The same for a message with a form for one and a form for many."""
    return one, many
