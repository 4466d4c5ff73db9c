"""A week that fails a critical check is withheld, and no other."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import expectations
from orchestration import gate, publish
from orchestration.home import Home
from tests.communities import (
    LAST,
    WEEK,
    Place,
)


def test_a_source_that_stops_delivering_withholds_its_week_and_no_other(sample: Place, tmp_path: Path):
    """The good weeks are published, the bad one withheld, the run ends red, and the exit code says so."""
    folder = tmp_path / "gap"
    shutil.copytree(sample.config.parent, folder, ignore=shutil.ignore_patterns(".stillhere"))
    place = Place(folder / "stillhere.toml", Home(folder / ".stillhere"))
    gap = date(2026, 9, 28)
    # A day to either side: the workspace's day files are cut in its owner's zone.
    for file in (folder / "exports/slack").glob("*/*.json"):
        if gap.isoformat() <= file.stem < (gap + WEEK).isoformat():
            file.unlink()
    for file in (folder / "exports/slack").glob(f"*/{gap + WEEK}.json"):
        end = datetime.fromisoformat(f"{gap + WEEK}T00:00:00+02:00").timestamp()
        rows = [m for m in json.loads(file.read_text(encoding="utf-8")) if float(m["ts"]) >= end]
        file.write_text(json.dumps(rows), encoding="utf-8")
    for file in (folder / "exports/slack").glob(f"*/{gap - timedelta(days=1)}.json"):
        start = datetime.fromisoformat(f"{gap}T00:00:00+02:00").timestamp()
        rows = [m for m in json.loads(file.read_text(encoding="utf-8")) if float(m["ts"]) < start]
        file.write_text(json.dumps(rows), encoding="utf-8")
    # That an account was deactivated then, the list of members says: it is no row of that week.
    users = folder / "exports/slack/users.json"
    left = {"id": "UGONE", "name": "gone", "deleted": True, "updated": int(start + 3 * 86_400)}
    users.write_text(json.dumps([*json.loads(users.read_text(encoding="utf-8")), left]), encoding="utf-8")
    done = place.run("--from", "2026-09-21", "--to", "2026-10-11")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 withheld" in done.stderr and "2 week(s) published" in done.stderr
    assert f"{gap}: report_activity.source_delivers: observed" in done.stderr and "expected" in done.stderr
    weeks = place.published("select distinct week_start from reports.report_activity order by 1")
    assert weeks == [(gap - WEEK,), (gap + WEEK,)]
    assert "Traceback" not in done.stderr


def test_a_withheld_week_takes_no_rows_from_the_weeks_before_it(sample: Place, tmp_path: Path):
    """Two weeks keep their rows per member: with a third one withheld, these are the two that are published."""
    place = sample.copy(tmp_path / "kept")
    with place.config.open("a", encoding="utf-8") as handle:
        handle.write("\n[publish]\nmember_weeks_kept = 2\n")
    done = place.run("--from", f"{LAST - WEEK}", "--to", f"{LAST + WEEK}")  # no export reaches the last of them
    assert "2 unchanged; 1 withheld" in done.stderr, done.stdout + done.stderr
    for table in ("member_week_status", "list_winback", "list_removal"):
        rows = f"select count(*) from reports.{table} where week_start = date '{LAST - WEEK}'"
        assert place.published(rows) == sample.published(rows)
    assert place.published("select count(*) from reports.report_restatements") == [(0,)]


DEFECTS = {
    "report_activity": "update reports.report_activity set active_members = active_members + 1",
    "report_lifecycle": "update reports.report_lifecycle set members = members + 1 where stage = 'mature'",
    "report_lifecycle_moves": "insert into reports.report_lifecycle_moves "
    f"values ('all', date '{LAST}', 'newbie', 'newbie', 3)",
    "report_churn": "update reports.report_churn set churned = churned + 1",
    "report_churn_model": "update reports.report_churn_model set members = members + 10000",
    "report_churn_calibration": "update reports.report_churn_calibration set members = -1 where bin = 3",
    "report_churn_backtest": "update reports.report_churn_backtest set tp = tp + 1 where rule = 'silence'",
    "report_churn_features": f"insert into reports.report_churn_features values ('all', date '{LAST}', 'luck', 2, 99)",
    "report_churn_choice": "update reports.report_churn_choice set weeks_judged = 14",
    "report_retention": "update reports.report_retention set retention = 1.5 where weeks_since > 0",
    "report_pyramid": "update reports.report_pyramid set members = members + 1 where tier = 'creator'",
    "report_interaction_mix": "update reports.report_interaction_mix set interactions = interactions + 1",
    "report_heatmap": "update reports.report_heatmap set interactions = interactions + 1 where iso_weekday = 3",
    "report_conversation": "update reports.report_conversation set unanswered = unanswered + 1",
    "report_content": "update reports.report_content set replies = replies + 1",
    "report_segments": "update reports.report_segments set members = members + 1",
    "report_onboarding_as_of": "update reports.report_onboarding_as_of set joined_inferred = -1",
    "report_safety": "update reports.report_safety set members = events + 1",
    "report_goals": "insert into reports.report_goals "
    f"select * replace (date '{LAST}' as week_start) from reports.report_goals limit 1",
    "report_headlines": "update reports.report_headlines set direction = 'flat'",
    "report_audience": "insert into reports.report_audience (source, week_start, followers) "
    f"values ('all', date '{LAST}', -1)",
    "report_purchases": "update reports.report_purchases set buyers = buyers + 1",
    "report_surveys": "insert into reports.report_surveys (source, week_start, survey_id, question, responses) "
    f"values ('all', date '{LAST}', 'p1', 'Why?', 1)",
    "list_winback": "update reports.list_winback set value_rank = value_rank + 1",
    "list_removal": "insert into reports.list_removal (source, week_start, member_id, score) "
    f"values ('all', date '{LAST}', 'slack:U0', 7)",
    "report_winback_lift": "update reports.report_winback_lift set contacted = -1",
    "member_week_status": "update reports.member_week_status set status = 'asleep' where status = 'quiet'",
}


@pytest.mark.parametrize("report", expectations.REPORTS)
def test_a_failed_check_of_any_suite_withholds_the_week(sample: Place, tmp_path: Path, report: str):
    """Bad rows in the warehouse, and the publish step run alone: it checks for itself, and touches nothing."""
    place = Place(sample.config, Home(tmp_path / "home"))
    place.home.create()
    for path in (sample.home.warehouse, sample.home.published):
        target = place.home.path / path.relative_to(sample.home.path)
        shutil.copy(path, target)
    before = place.home.published.read_bytes()
    with duckdb.connect(str(place.home.warehouse)) as connection:
        defect = DEFECTS[report]
        condition = (
            ""
            if defect.startswith("insert")
            else (" and" if " where " in defect else " where") + f" week_start = date '{LAST}'"
        )
        connection.execute(defect + condition)
    result = publish.publish(place.home, [LAST], "test")
    assert [verdict.week_start for verdict in result.withheld] == [LAST]
    assert report in {failed.report for verdict in result.withheld for failed in verdict.failed}
    assert all(failed.observed and failed.expected for verdict in result.withheld for failed in verdict.failed)
    assert place.home.published.read_bytes() == before


def test_outcomes_are_not_trusted_once_the_rows_changed(sample: Place, tmp_path: Path):
    home = Home(tmp_path / "home").create()
    shutil.copy(sample.home.warehouse, home.warehouse)
    assert not gate.judge(home, [LAST])[0].failed
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"update reports.report_churn set quiet = quiet + 1 where week_start = date '{LAST}'")
    assert [failed.report for failed in gate.judge(home, [LAST])[0].failed]
