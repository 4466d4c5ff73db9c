"""`stillhere forget`, by the command: nothing of the person is left, and everything of everybody else is."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

import expectations
from orchestration import gate
from orchestration.home import Home
from orchestration.publish import MEMBER_TABLES
from tests.communities import Place, published_rows
from tests.exports_in import erasable
from tests.exports_in.erasable import PERSON, SLACK_ID, TERMS, WEEKS
from tests.forgetting import forget, holds

FIRST = erasable.MONDAY.date()
LAST = FIRST + timedelta(weeks=WEEKS - 1)


def lake(home: Home) -> dict[str, list[dict[str, Any]]]:
    """All rows of the lake by source and table, without the instant of loading, in an order of their own."""
    found: dict[str, list[dict[str, Any]]] = {}
    for folder in sorted(home.lake.glob("[!_]*/*/")):
        rows = duckdb.read_parquet(str(folder / "week=*/*.parquet"), union_by_name=True)
        names = [name for name in rows.columns if name not in ("_loaded_at", "week")]
        values = rows.select(*map(duckdb.ColumnExpression, names)).fetchall()
        dicts = [dict(zip(names, row, strict=True)) for row in values]
        found["/".join(folder.parts[-2:])] = sorted(dicts, key=repr)
    return found


def test_nothing_is_left_in_any_file_of_the_home(with_wil: Place, without_wil: Place):
    before = holds(with_wil.home)
    assert {term for _, term in before} == set(TERMS)
    assert {"warehouse.duckdb", "published/stillhere.duckdb"} <= {name for name, _ in before}
    # The lists and pages named Wil, and no longer do.
    assert {"winback.csv", "index.html"} <= {name.rsplit("/", 1)[-1] for name, _ in before}
    assert holds(without_wil.home) == set()


def test_the_list_of_the_erased_tells_nobody_who(without_wil: Place):
    file = without_wil.home.path / "erased.json"
    assert file.stat().st_mode & 0o077 == 0
    kept = json.loads(file.read_text())
    assert {entry["kind"] for entry in kept["entries"]} == {"member", "person", "name"}
    assert all(set(entry) == {"kind", "hash", "words", "erased_at"} for entry in kept["entries"])
    assert not (without_wil.home.path / "erasing.json").exists()


def test_published_totals_stay_and_rows_by_member_go(with_wil: Place, without_wil: Place):
    before, after = published_rows(with_wil), published_rows(without_wil)
    fingerprints = [before.pop("editions"), after.pop("editions")]
    assert [[(w, e, c) for w, e, _, c in rows] for rows in fingerprints] == [
        [(w, e, c) for w, e, _, c in fingerprints[0]]
    ] * 2
    for report, rows in before.items():
        theirs = [row for row in rows if any(term in repr(row) for term in TERMS)]
        assert bool(theirs) == (report in ("member_week_status", "list_winback"))
        assert after[report] == [row for row in rows if row not in theirs]
    assert MEMBER_TABLES[0] == "member_week_status"
    quality = "select * from reports.report_quality order by all"
    assert with_wil.published(quality) == without_wil.published(quality)


def test_the_fact_is_recorded_and_not_who(without_wil: Place):
    rows = without_wil.published("from reports.report_erasures order by source")
    by_source = {row[2]: (row[0], row[3], row[4], row[5], row[6]) for row in rows}
    assert by_source["slack"] == (1, 5, 12, FIRST, LAST)
    assert by_source["letters"] == (1, 1, 0, FIRST, LAST)
    assert set(by_source) == {*erasable.ACCOUNTS, "letters", "polls"}
    page = without_wil.home.page(LAST).read_text(encoding="utf-8")
    assert "Members were erased at their wish" in page
    assert "count them still" in page
    text = (without_wil.config.parent / "said.txt").read_text(encoding="utf-8")
    assert "with all their accounts" in text
    assert "slack: 5 row(s) of theirs erased; 12 row(s) of others named them." in text
    assert "exports/phones" in text
    assert str(without_wil.home.path / "erased.json") in text


def _without_wil(value: Any) -> Any:
    """A value of somebody else's row as it has to be once Wil is out of it."""
    if isinstance(value, dict) and isinstance(value.get("users"), list):
        kept = [user for user in value["users"] if not any(term in repr(user) for term in TERMS)]
        gone = len(value["users"]) - len(kept)
        if "quantity" in value:
            return {**value, "users": kept, "quantity": value["quantity"] - gone}
        return {**value, "users": kept} if kept else None
    if isinstance(value, list):
        return [one for one in map(_without_wil, value) if one is not None]
    return None if any(term in repr(value) for term in TERMS) else value


def test_rows_of_others_are_whole_but_for_the_name(with_wil: Place, without_wil: Place):
    """Worked out here again, from the rows before, by another way than the formats' SQL."""
    owners = {
        "slack/slack_messages": "user_id", "slack/slack_users": "user_id", "forum/table_events": "member",
        "forum/table_members": "member", "shop/orders_orders": "member", "archive/zulip_messages": "sender_full_name",
        "phones/whatsapp_messages": "account_name", "telegram/telegram_messages": "account_id",
        "letters/outreach_contacts": "member_id", "polls/surveys_answers": "respondent",
    }  # fmt: skip
    before, after = lake(with_wil.home), lake(without_wil.home)
    assert set(before) == set(after) == set(owners)
    for table, rows in before.items():
        others = [row for row in rows if not any(term in str(row[owners[table]]) for term in TERMS)]
        if table == "phones/whatsapp_messages":
            # That Wil was added is Wil's; and the chat with Wil is named otherwise.
            others = [row for row in others if row["about_names"] != [erasable.PHONE_NAME]]
            [alias] = {row["_file"] for row in after[table]} - {"WhatsApp Chat with Friends.txt"}
            assert alias.startswith("WhatsApp Chat with erased-")
            others = [{**row, "_file": alias} if erasable.PHONE_NAME in row["_file"] else row for row in others]
        expected = [{name: _without_wil(value) for name, value in row.items()} for row in others]
        assert after[table] == sorted(expected, key=repr), table
        assert len(rows) - len(others) > 0


def test_counts_reconcile_and_the_quarantine_keeps_no_content(without_wil: Place):
    rows = without_wil.published("select source, rows_read, rows_loaded, rows_quarantined from reports.export_files")
    assert all(read == loaded + quarantined for _, read, loaded, quarantined in rows)
    by_source = {key.partition("/")[0]: 0 for key in lake(without_wil.home)}
    for key, loaded in lake(without_wil.home).items():
        by_source[key.partition("/")[0]] += len(loaded)
    assert by_source == {source: sum(row[2] for row in rows if row[0] == source) for source in by_source}
    entries = [
        json.loads(line)
        for file in without_wil.home.quarantine.glob("*/*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    assert sum(entry.get("rows", 1) for entry in entries) == sum(row[3] for row in rows)
    assert {entry["raw"] for entry in entries} == {None}


def test_the_same_exports_again_bring_nobody_back_and_a_forced_rerun_keeps_what_was_published(
    without_wil: Place, tmp_path: Path
):
    place = without_wil.copy(tmp_path / "community")
    before, file = published_rows(place), place.home.published.read_bytes()
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"0 week(s) published; {WEEKS} unchanged." in done.stderr
    again = place.run("--from", str(FIRST + timedelta(weeks=2)), "--to", str(LAST))
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"0 week(s) published; {WEEKS - 2} unchanged." in again.stderr
    assert f"{WEEKS - 2} of the unchanged week(s) keep what was published of them before" in again.stderr
    assert place.home.published.read_bytes() == file
    assert published_rows(place) == before
    assert holds(place.home) == set()
    # Lake and warehouse made anew from the exports: the list alone keeps Wil out, and every week is what it was.
    for folder in ("lake", "ledger", "quarantine"):
        subprocess.run(["rm", "-r", place.home.path / folder], check=True)
    place.home.warehouse.unlink()
    rebuilt = place.run()
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert f"0 week(s) published; {WEEKS} unchanged." in rebuilt.stderr
    assert published_rows(place) == before
    assert holds(place.home) == set()


def test_the_next_weeks_are_those_of_a_community_that_wil_never_was_in(without_wil: Place, tmp_path: Path):
    """Held against a home that was told to keep Wil out before anything was loaded."""
    place = without_wil.copy(tmp_path / "community")
    erasable.add_weeks(place.config.parent, WEEKS, WEEKS + 2)
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 week(s) published" in done.stderr
    assert holds(place.home) == set()

    without = Place(place.config, Home(tmp_path / "without"))
    kept_out = forget(without, PERSON, "--unseen")
    assert kept_out.returncode == 0, kept_out.stderr
    done = without.run()
    assert done.returncode == 0, done.stdout + done.stderr
    for report in expectations.REPORTS:
        newest = f"select * from reports.{report} where week_start > date '{LAST}' order by all"
        assert place.published(newest) == without.published(newest), report
    assert holds(without.home) == set()
    # The weeks before are published smaller there: here they count Wil.
    members = (
        f"select active_members from reports.report_activity where source = 'slack' and week_start = date '{FIRST}'"
    )
    assert (place.published(members), without.published(members)) == ([(7,)], [(6,)])


def test_the_gate_passes_every_week_of_the_warehouse_made_anew(without_wil: Place, tmp_path: Path):
    """Any report of any week may be run again alone: those beside it are there, and agree with it."""
    place = without_wil.copy(tmp_path / "community")
    weeks = [FIRST + timedelta(weeks=number) for number in range(WEEKS)]
    verdicts = gate.judge(place.home, weeks)
    assert [verdict.week_start for verdict in verdicts if verdict.results] == weeks
    assert [gate.explain(result) for verdict in verdicts for result in verdict.failed] == []
    assert not any(term in repr(verdicts) for term in TERMS)


def test_a_late_row_restates_sealed_weeks_without_the_erased(without_wil: Place, tmp_path: Path):
    place = without_wil.copy(tmp_path / "community")
    file = place.config.parent / f"exports/slack/general/{FIRST + timedelta(weeks=6)}.json"
    messages = json.loads(file.read_text())
    file.write_text(json.dumps([*messages, {**messages[1], "ts": messages[1]["ts"].replace(".000100", ".000900")}]))
    done = place.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"2 week(s) published; {WEEKS - 2} unchanged." in done.stderr
    restated = place.published("select distinct week_start from reports.report_restatements order by 1")
    assert restated == [(FIRST + timedelta(weeks=6),), (LAST,)]
    page = place.home.page(LAST).read_text(encoding="utf-8")
    assert "since this edition the figures are without them" in page


def test_forgetting_twice_and_nobody(without_wil: Place, tmp_path: Path):
    place = without_wil.copy(tmp_path / "community")
    before = place.home.published.read_bytes(), (place.home.path / "erased.json").read_bytes()
    for known_as in (f"slack:{SLACK_ID}", PERSON, f"forum:{erasable.EMAIL}"):
        again = forget(place, known_as)
        assert (again.returncode, "was erased before" in again.stderr) == (0, True)
    for nobody in ("slack:U999", "nobody", "slack:", "'; drop table x;--", "../../etc", "  "):
        unknown = forget(place, nobody)
        assert unknown.returncode == 2
        assert "member_id" in unknown.stderr
        assert "Traceback" not in unknown.stderr
        assert ("--unseen" in unknown.stderr) == (nobody == "slack:U999")
    assert before == (place.home.published.read_bytes(), (place.home.path / "erased.json").read_bytes())
    # Who loses the list does not bring people back without knowing.
    (place.home.path / "erased.json").unlink()
    refused = place.run()
    assert (refused.returncode, "Put it back from a backup" in refused.stderr) == (1, True)
    (place.home.path / "erased.json").write_bytes(before[1][:100])
    refused = place.run()
    assert (refused.returncode, "cannot be read" in refused.stderr) == (1, True)
    assert holds(place.home) == set()
