"""Ctrl-C and SIGTERM stop a run in order, wherever they arrive.

Between them and us stand libraries with handlers of their own: Dagster forgets what comes between two steps, DuckDB
calls it a query that was interrupted, and Python drops what a handler raises in the middle of a clean-up. So the
signals themselves are noted (by `signal.set_wakeup_fd`), and asked for where a run can end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard() -> Iterator[Callable[[], None]]:
    """While the block runs, SIGTERM does what Ctrl-C does. For the main thread, which Python's signals reach.

    Yields:
        A function that ends the block if somebody wanted to stop it since it began, or since it was last asked: it
        raises KeyboardInterrupt.

    Raises:
        KeyboardInterrupt: also in the place of any other failure after such a signal: that is what it came of.
    """
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    wakeup_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    handler_before = signal.getsignal(signal.SIGTERM)

    def check() -> None:
        # Libraries that handled it meanwhile leave to it what Ctrl-C did before them: in a shell's background, nothing.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            came = os.read(reader, 4096)
        except BlockingIOError:
            return
        if set(_STOPS) & set(came):
            raise KeyboardInterrupt

    try:
        check()
        yield check
    except Exception as error:
        try:
            check()
        except KeyboardInterrupt as stopped:
            raise stopped from error
        raise
    finally:
        signal.set_wakeup_fd(wakeup_before)
        signal.signal(signal.SIGTERM, handler_before)
        os.close(reader)
        os.close(writer)


@contextmanager
def raised() -> Iterator[None]:
    """While the block runs, both signals raise KeyboardInterrupt, and nothing that Dagster has put in its place.

    That is what dbt waits for its threads on. Otherwise the process may end in the middle of their queries, and aborts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {signum: signal.signal(signum, signal.default_int_handler) for signum in _STOPS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextmanager
def helpers_apart() -> Iterator[None]:
    """While the block runs, the processes by which Dagster shows and keeps a run's output stand outside its group.

    A terminal sends Ctrl-C to everything in the group. Dagster ends these processes itself, and each of them that hears
    it too would put a traceback of its own on the screen.
    """
    from dagster._core.execution import compute_logs

    given = compute_logs.subprocess
    compute_logs.subprocess = SimpleNamespace(Popen=partial(subprocess.Popen, process_group=0))  # type: ignore[assignment]
    try:
        yield
    finally:
        compute_logs.subprocess = given
