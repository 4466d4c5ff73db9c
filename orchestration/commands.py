"""`stillhere init` and `ui`. (`check` and `run` have modules of their own.)"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from orchestration.community import LOCATION, Community
from orchestration.config import CONFIG_NAME
from orchestration.errors import UserError
from orchestration.faults import telling
from orchestration.home import Home, try_lock

TEMPLATE = """\
# stillhere: who belongs, where their exports lie, and what counts as silence.
# Check it with `stillhere check`, then run `stillhere run`.

[community]
name = "My community"
timezone = "UTC"                  # IANA name, such as "Europe/Berlin" or "Asia/Shanghai": weeks are cut in it
week_start_day = "monday"         # or "sunday"
language = "en"                   # of the weekly page: "en", "zh_CN" (Chinese) or "id" (Indonesian)
# identities = "identities.csv"   # columns person,source,native_id: several accounts of one person count once
# official = ["slack:U0123"]      # staff and brand accounts that the exports do not mark
# bots = ["slack:U0456"]
# do_not_contact = ["slack:U0789"]             # on no win-back list, with none of their accounts
# do_not_contact_file = "do_not_contact.csv"   # the same as a file: column member_id
# owners = ["ana@example.org", "team:community"]   # whom the Dagster UI names as owners of the reports

# One entry a platform. Relative paths are relative to this file.
[[sources]]
name = "slack"
format = "slack"                  # a workspace export: the .zip, or the folder it unpacks to
path = "exports/slack"            # folder, file, .zip, .tar.gz, or a glob such as "exports/slack-*.zip"

# Exports elsewhere: path = "s3://bucket/slack", gs://, az://, sftp://user@host/folder, https://host/export.zip.
# [sources.storage]               # only where the environment does not say it all; see docs/places.md
# endpoint_url = "https://minio.example.org"
# secret = "env:MY_SECRET"        # secrets stand in the environment, never here

# Any other platform: CSV, JSON Lines or Parquet, with a mapping of its columns.
# [[sources]]
# name = "group"
# format = "table"
# path = "exports/group.csv"
# timezone = "Asia/Shanghai"      # of instants that bear no zone
# [sources.columns]
# member = "user_id"
# at = "created_at"
# type = "action"                 # post, reply, message, reaction, share, vote, attend, claim, view, join, ...
# [sources.types]
# comment = "reply"               # what the file calls it = what stillhere calls it
# [sources.members]               # the member list, if there is one
# file = "members.csv"
# member = "user_id"
# joined_at = "joined"
# [sources.members.attributes]    # what report_segments splits the members by = its column
# country = "Land"

# A shop's orders.
# [[sources]]
# name = "shop"
# format = "orders"
# path = "exports/orders.csv"
# [sources.columns]
# order_id = "order_id"
# member = "customer_id"
# at = "ordered_at"
# amount = "total"
# currency = "currency"           # or, above [sources.columns]: currency = "EUR"
# status = "status"

[thresholds]
churned_after_weeks = 12          # weeks without a sign of life (an act or a purchase)
at_risk_after_weeks = 4
rhythm_min_gaps = 3               # gaps between active weeks from which on a member has a rhythm
rhythm_factor = 2                 # out of rhythm: silent for more than so many times the 90th percentile of those gaps
fit_min_members = 100             # fewer members who were ever active: no chances, and nobody flagged by them
probability_below = 0.10          # at risk: a smaller chance of an active week in the next four
newbie_days = 30
growth_days = 90
headline_change_percent = 5       # a headline is up or down from this change against its mean of four weeks on
headline_min_weeks = 8            # weeks before it that a headline needs, to say how unusual it is
segment_values_kept = 200         # values of an attribute (country, ...) with a row of their own; the rest share one

winback_churned_weeks = 26        # how long the win-back list holds those who have churned
still_reads_weeks = 4             # seen so lately, a silent member still reads: educate
reactivated_within_weeks = 4      # who is active again so soon after a list has come back
lift_min_members = 100            # fewer members in either group tell nothing of the list's effect
removal_silence_weeks = 26        # the removal list: silent and unseen so long,
removal_tenure_days = 180         # a member so long,
removal_purchase_days = 365       # and without a purchase so long

[winback]
holdout_share = 0.1               # of the listed members, not to be contacted: what would have happened anyway
# holdout_salt = "another draw"   # of who is held out; the community's name unless it says otherwise

# Where a weekly figure is to be by a day. The figures are those in docs/metrics.md.
# [[goals]]
# name = "More people take part"
# metric = "report_activity.active_members"
# source = "all"                  # or the name of a source
# from = 2026-01-01
# to = 2026-06-30
# target = "+10%"                 # of the value in the week of `from`; or a number

[schedule]
cron = "0 6 * * 1"                # Mondays at 06:00, in the community's time zone

[publish]
member_names = "pseudonym"        # or "name": what lists and tables show
member_weeks_kept = 26            # how many of the last weeks keep a row per member
# pages_url = "https://example.org/weeks"   # where a web server shows <home>/published/weeks: mails link there

# The headlines of each new week by mail. The password stands in the environment, never here.
# [mail]
# host = "smtp.example.org"
# port = 587
# security = "starttls"           # or "tls" (port 465); "none" for a server on this machine
# from = "Roll call <roll-call@example.org>"
# to = ["ana@example.org"]
# user = "roll-call"
# password = "env:MAIL_PASSWORD"

# And to a chat: the URL of an incoming webhook of Slack, Mattermost or the like. Withheld weeks are told there too.
# [webhook]
# url = "env:WEBHOOK_URL"
"""


def init(folder: Path) -> int:
    """Writes a commented config into a folder; never over an existing one.

    Raises:
        UserError: there is one already, or the folder cannot be written to.
    """
    target = folder / CONFIG_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as out:
            out.write(TEMPLATE)
    except FileExistsError:
        raise UserError(f"{target}: there is one already; it was left as it is.") from None
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {error.strerror}.") from None
    print(f"{target} written. Edit it, then: {called('check', '--config', target)}")
    return 0


def called(*arguments: str | Path) -> str:
    """A command to copy into a shell, of this program as it was called: it may not be on the PATH."""
    program = sys.argv[0] if Path(sys.argv[0]).name == "stillhere" else "stillhere"
    return shlex.join([program, *map(str, arguments)])


def ui(config_file: Path, home: Path | None, port: int) -> int:
    """Runs Dagster's webserver and daemon on 127.0.0.1 until it is stopped.

    Raises:
        UserError: config or port are wrong, or the home has a UI already.
    """
    import socket

    import dagster as dg

    from orchestration.due import first_week

    community = Community.of(config_file, home)
    community.home.create()
    community.export_environment()
    # What Dagster's servers could not start with is told here, and not in their words.
    with telling(community.home), dg.DagsterInstance.get():
        first_week(community.config, community.home)
        lock = _only_one(community.home, port)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise UserError(f"--port {port}: something listens there already. Stop it, or give another port.")
    dagster = shutil.which("dagster", path=str(Path(sys.executable).parent)) or "dagster"
    # The same location under the same name as in the repository's workspace.yaml, which is not there once installed.
    workspace = community.home.dagster / "workspace.yaml"
    workspace.write_text(
        "load_from:\n  - python_module:\n"
        f"      module_name: orchestration.definitions\n      location_name: {LOCATION}\n",
        encoding="utf-8",
    )
    command = [dagster, "dev", "--host", "127.0.0.1", "--port", str(port), "--workspace", str(workspace)]
    print(f"The Dagster UI comes up at http://127.0.0.1:{port} (Ctrl-C stops it).", flush=True)
    # Started in the background by a shell, a process ignores interrupts, and so would Dagster's servers.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*command, "--log-level", "warning"], env=os.environ | {"PYTHONWARNINGS": "ignore"}, cwd=community.home.path,
        # In a group of their own the servers hear of a terminal's Ctrl-C once, and from here: told twice, they abort.
        process_group=0, pass_fds=(lock,),
    )  # fmt: skip
    # Whoever stops this process, or closes its terminal, means Dagster's servers too.
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, lambda *_: process.send_signal(signal.SIGINT))
    try:
        process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
    return 0 if process.returncode in (0, -signal.SIGINT) else 1


def _only_one(home: Home, port: int) -> int:
    """Makes sure that a home has one UI: two daemons would start each of the schedule's runs twice.

    Returns:
        A handle that is locked for as long as it is open in this process, or in one that inherits it.

    Raises:
        UserError: another UI has it.
    """
    file = home.dagster / "ui"
    handle = try_lock(file, f"http://127.0.0.1:{port} (process {os.getpid()})")
    if handle is None:
        told = file.read_text(encoding="utf-8", errors="replace")
        raise UserError(
            f"{home.path}: this home has a UI already: {told}. Use that one, or stop it and start this one"
            " again: two of them would run each week twice."
        )
    return handle
