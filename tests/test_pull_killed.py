"""A pull that is killed, or finds the disk full, leaves no trace; the next one completes it."""

import signal
import subprocess
import sys

import pytest

from orchestration import config
from orchestration.exports import lake
from orchestration.exports.pull import pull
from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import table_source
from tests.exports_in.slack_export import files, message, put_all, write_zip


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community")


@pytest.mark.parametrize(
    "killed_at", ["Incoming.commit", "Quarantine.commit", "Ledger.commit", "halfway through the ledger"]
)
def test_a_pull_killed_at_any_point_leaves_nothing_after_a_sweep(inbox, monkeypatch, killed_at):
    put_all(inbox, files(message(), {}))
    stop = KeyboardInterrupt

    def killed(*arguments):
        raise stop

    with monkeypatch.context() as patched:
        patched.setattr(lake, "sweep", lambda *arguments: 0)  # what is killed does not clean up
        if killed_at == "Incoming.commit":
            patched.setattr(lake.Incoming, "commit", killed)
        elif killed_at == "Quarantine.commit":
            patched.setattr(lake.Quarantine, "commit", killed)
        elif killed_at == "Ledger.commit":
            patched.setattr(lake.Ledger, "commit", killed)
        else:
            write = lake._write_parquet
            patched.setattr(
                lake, "_write_parquet", lambda out, p, *rest: killed() if "files" in p.name else write(out, p, *rest)
            )
        with pytest.raises(stop):
            loaded = config.load(inbox.config_file)
            pull(loaded, loaded.sources[0], inbox.home)
    assert inbox.trace()
    assert lake.sweep(inbox.home, ["slack"]) > 0
    assert inbox.trace() == []
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (3, 1)


def test_what_was_committed_survives_a_later_pull_that_is_killed(inbox, monkeypatch):
    put_all(inbox, files(message(), {}))
    inbox.pull()
    before = inbox.footprint()
    inbox.put("general/2024-01-02.json", [message(), {}])

    # Raised rather than sent: a process that a shell started in the background ignores the signal.
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(lake.Ledger, "commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            inbox.pull()
    assert inbox.footprint() == before
    assert inbox.pull().total("rows_read") == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from orchestration import config
from orchestration.exports import lake
from orchestration.exports.pull import pull
from orchestration.home import Home
def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
exec(sys.argv[2])
loaded = config.load(Path(sys.argv[1]) / "stillhere.toml")
pull(loaded, loaded.sources[0], Home(Path(sys.argv[1]) / ".stillhere"))
"""


@pytest.mark.parametrize(
    "where",
    ["lake.Incoming.commit = die", "lake.Ledger.commit = die", "lake.Quarantine.commit = die"],
)
def test_a_pull_that_is_sigkilled_is_completed_by_the_next(inbox, where):
    put_all(inbox, files(message(), {}))
    died = subprocess.run([sys.executable, "-c", KILLED, str(inbox.folder), where], check=False)
    assert died.returncode == -signal.SIGKILL
    assert inbox.trace()
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (3, 1)
    assert lake.sweep(inbox.home, ["slack"]) == 0


FULL = """
import resource, sys
from pathlib import Path
from orchestration import config
from orchestration.errors import UserError
from orchestration.exports.pull import pull
from orchestration.home import Home
import duckdb, pyarrow
loaded = config.load(Path(sys.argv[1]) / "stillhere.toml")
# No file may grow beyond this, which is what a full disk comes to.
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    pull(loaded, loaded.sources[0], Home(Path(sys.argv[1]) / ".stillhere"))
except UserError as error:
    sys.exit(error.message)
"""


@pytest.mark.parametrize(("limit", "told"), [(100, "cannot write there: File too large"), (1000, "group: stopped: ")])
def test_a_full_disk_is_told_and_leaves_nothing_half_done(inbox, limit, told):
    """At 100 bytes it is the copy out of the zip that does not fit, at 1,000 the Parquet file."""
    inbox.configure(table_source().replace('"exports"', '"exports/export.zip"'))
    write_zip(inbox.exports / "export.zip", {"a.csv": "who,at\n" + "ann,2024-01-01\n" * 20})
    died = subprocess.run(
        [sys.executable, "-c", FULL, str(inbox.folder), str(limit)], capture_output=True, text=True, check=False
    )
    assert died.returncode == 1
    assert "Traceback" not in died.stderr
    assert told in died.stderr
    assert inbox.trace() == []
    assert inbox.pull().total("rows_loaded") == 20
