"""The command line: `stillhere init | check | run | ui | forget`.

Only light modules are imported at the top: `stillhere --help` has to answer in under a second.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestration import __version__
from orchestration.errors import UserError
from orchestration.faults import telling
from orchestration.terminal import harmless

EXIT_PUBLISHED, EXIT_WITHHELD, EXIT_USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code (0 all published, 1 withheld or failed, 2 command line or config wrong)."""
    parsed = _parser().parse_args(arguments)
    try:
        with telling():
            return parsed.run(parsed)
    except UserError as error:
        print(harmless(error.message), file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        return EXIT_PUBLISHED
    except KeyboardInterrupt:
        print("Stopped. What was published stays; the next run completes the rest.", file=sys.stderr)
        return EXIT_WITHHELD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stillhere",
        description="A weekly roll call for communities: who is active, who fell silent, who is worth winning back.",
    )
    parser.add_argument("--version", action="version", version=f"stillhere {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")

    init = commands.add_parser("init", help="write a commented stillhere.toml")
    init.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="where to (default: here)")
    init.set_defaults(run=_init)

    check = commands.add_parser("check", help="say what the exports hold and what is wrong; writes nothing")
    _add_config(check)
    check.set_defaults(run=_check)

    run = commands.add_parser("run", help="pull the exports; compute, check and publish the weekly reports")
    _add_config(run)
    _add_home(run)
    run.add_argument("--from", dest="first", type=_date, metavar="D", help="any date (YYYY-MM-DD) in the first week")
    run.add_argument("--to", dest="last", type=_date, metavar="D", help="any date (YYYY-MM-DD) in the last week")
    run.set_defaults(run=_run)

    ui = commands.add_parser("ui", help="the Dagster UI and daemon on 127.0.0.1, schedule included")
    _add_config(ui)
    _add_home(ui)
    ui.add_argument("--port", type=_port, default=3000, help="default: 3000")
    ui.set_defaults(run=_ui)

    forget = commands.add_parser(
        "forget",
        help="erase a person from everything that stillhere keeps, and keep them out of later loads",
        description=(
            "Erases a person, with all accounts that the identities file gives them: their rows, names and ids go from"
            " lake, quarantine, warehouse, published file, lists, pages and logs, and later loads do not bring them"
            " back. Published weekly totals stay as they are. Your own exports are not touched."
        ),
    )
    forget.add_argument(
        "member_id",
        type=_text,
        metavar="MEMBER_ID",
        help="as in the column member_id of lists and tables, such as slack:U0123",
    )
    forget.add_argument("--unseen", action="store_true", help="keep out an account of which no export has told yet")
    _add_config(forget)
    _add_home(forget)
    forget.set_defaults(run=_forget)
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("STILLHERE_CONFIG", "stillhere.toml")
    parser.add_argument("--config", type=Path, default=Path(default), metavar="F", help=f"default: {default}")


def _add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--home", type=Path, metavar="DIR", help="default: STILLHERE_HOME, else .stillhere beside the config"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a date such as 2026-05-11") from None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number from 1 to 65535")
    return int(text)


def _text(given: str) -> str:
    try:
        given.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{given!r}: expected UTF-8 text") from None
    return given


def _init(parsed: argparse.Namespace) -> int:
    from orchestration.commands import init

    return init(parsed.folder)


def _check(parsed: argparse.Namespace) -> int:
    from orchestration.check import check

    return check(parsed.config)


def _run(parsed: argparse.Namespace) -> int:
    if parsed.first and parsed.last and parsed.first > parsed.last:
        raise UserError(f"--from {parsed.first} lies after --to {parsed.last}.")
    from orchestration.runs import run

    return run(parsed.config, parsed.home, parsed.first, parsed.last)


def _forget(parsed: argparse.Namespace) -> int:
    from orchestration.erasure.forget import forget

    return forget(parsed.config, parsed.home, parsed.member_id, parsed.unseen)


def _ui(parsed: argparse.Namespace) -> int:
    from orchestration.commands import ui

    return ui(parsed.config, parsed.home, parsed.port)
