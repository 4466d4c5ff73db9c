"""A made-up community with a shop, written as the exports a real one would hand over: the same bytes every time."""

from orchestration.sample_community.folder import write

__all__ = ["write"]
