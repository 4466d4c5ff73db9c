"""Write every report that the independent reading knows, of one Slack export, as JSON.

python -m tests.independent.dump EXPORT OUT.json [--from D] [--to D]
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from .calendar_weeks import WEEK, Calendar
from .canonical import Community
from .people import ALL, first_week
from .reading import read_reports
from .slack import OBSERVES, read_slack


def main(arguments: list[str] | None = None) -> None:
    """Read the export, work out the weeks, write the file."""
    parser = argparse.ArgumentParser(prog="python -m tests.independent.dump")
    parser.add_argument("export", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="a day in the first week")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="a day in the last week")
    parser.add_argument("--timezone", default="UTC")
    parser.add_argument("--week-start-day", default="monday", choices=["monday", "sunday"])
    parser.add_argument("--member-weeks-kept", type=int, default=26)
    options = parser.parse_args(arguments)

    community = Community(
        sources={"slack": OBSERVES},
        timezone=options.timezone,
        week_start_day=options.week_start_day,
        thresholds={"member_weeks_kept": options.member_weeks_kept},
    )
    calendar = Calendar(community.timezone, community.week_start_day)
    rows = read_slack(options.export)
    first = options.first or first_week(ALL, rows, community)
    # "Only closed weeks get a report. The last closed week is the default."
    last = options.last or calendar.week_of(datetime.now(UTC)) - WEEK
    reports = read_reports(community, rows, calendar.weeks(first, last))
    options.out.write_text(json.dumps(reports, default=plain, indent=0), encoding="utf-8")
    print(", ".join(f"{name} {len(rows_of)}" for name, rows_of in reports.items()))


def plain(value: object) -> object:
    """Days and instants as ISO text, amounts as numbers."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"no JSON for {value!r}")


if __name__ == "__main__":
    main()
