"""How many processors there are, and how many of them DuckDB is given."""

from __future__ import annotations

import os


def count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def half() -> int:
    """Half of the processors: threads for a database in which much is one thread's work.

    While one thread works alone, the thread that asked waits busily (DuckDB's issue 22178). On two processors one
    thread takes as long as two, and two thirds of the processor time.
    """
    return max(1, count() // 2)
