"""Sources of which nothing can be read any more: what is withheld for it, and who is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date

from orchestration.config import Config
from orchestration.exports.lake import ExportAccount, Ledger
from orchestration.home import Home


def is_nothing_readable(exports: Sequence[ExportAccount]) -> bool:
    """Whether of all files of some exports not one could be read."""
    files = sum(export.files for export in exports)
    return files > 0 and sum(export.unreadable_files for export in exports) == files


def newest(exports: Sequence[ExportAccount]) -> list[ExportAccount]:
    """The exports of the newest pull."""
    return [export for export in exports if export.pull_id == exports[-1].pull_id]


def sources(config: Config, home: Home) -> list[tuple[str, date | None]]:
    """The sources of whose newest exports nothing can be read, each with the last week of which earlier ones tell."""
    ledgers = {source.name: Ledger(home, source.name).exports() for source in config.sources}
    return [
        (name, _last_week(config, exports)) for name, exports in ledgers.items() if is_nothing_readable(newest(exports))
    ]


def sentences(
    config: Config, home: Home, weeks: Sequence[date], among: Collection[str] | None = None
) -> list[str]:  # fmt: skip
    """What to say of such sources where no week is withheld for them.

    Args:
        weeks: those that are attempted.
        among: the sources that it is about; None: all.
    """
    return [
        f"{name}: of its newest exports nothing can be read. The reasons are in {home.quarantine / name}."
        " Put whole exports in place and run again."
        for name, last_week in sources(config, home)
        if (among is None or name in among) and not any(last_week is None or week > last_week for week in weeks)
    ]


def _last_week(config: Config, exports: Sequence[ExportAccount]) -> date | None:
    instants = [export.last_at for export in exports if export.last_at]
    return config.calendar.week_of(config.calendar.local_date(max(instants).replace(tzinfo=UTC))) if instants else None
