"""The lists from end to end: whom the sample community is to win back, who is held out, and the files to work with."""

from __future__ import annotations

import csv
import io
import json
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from orchestration import languages, lists, warehouse
from tests.communities import LAST, WEEK, Place

LISTS = ("list_winback", "list_removal", "report_winback_lift")


def rows_of_lists(place: Place) -> dict[str, list[tuple]]:
    """The rows of the lists of the last two weeks as published."""
    since = f"where week_start >= date '{LAST - WEEK}'"
    return {table: place.published(f"select * from reports.{table} {since} order by all") for table in LISTS}


def week_folder(place: Place, week: date = LAST) -> Path:
    """The folder beside whose page a week's files lie."""
    return place.home.published.parent / "weeks" / str(week)


def read(file: Path) -> list[dict[str, str]]:
    """A list as a spreadsheet would read it."""
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def words_of_the_seed() -> set[str]:
    """What the plays say, in English."""
    with (warehouse.PROJECT / "seeds" / "winback_plays.csv").open(encoding="utf-8", newline="") as handle:
        return {row["words"] for row in csv.DictReader(handle)}


def test_whoever_is_at_risk_is_listed_with_a_play_that_fits(sample: Place):
    [(flagged, listed)] = sample.published("""
        select count(*), count(w.member_id) from reports.member_week_status as s
        left join reports.list_winback as w using (source, member_id, week_start)
        where s.status = 'at_risk' or (s.status = 'churned' and s.silence_weeks < 12 + 26)""")
    assert flagged == listed > 100
    assert sample.published("""
        select count(*) from reports.list_winback
        where not case play
            when 'welcome' then status = 'never_active' and tenure_days < 30
            when 'offer' then orders_total > 0
            when 'poll' then orders_total = 0 and active_weeks > 0
            when 'education' then active_weeks = 0 and last_seen_at is not null
        end or (status = 'churned' and silence_weeks >= 38)""") == [(0,)]
    # Value: past active weeks, then revenue, then member_id.
    for source, week in sample.published("select distinct source, week_start from reports.list_winback"):
        rows = sample.published(f"""
            select value_rank, active_weeks, revenue_total, member_id from reports.list_winback
            where source = '{source}' and week_start = date '{week}' order by value_rank""")
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        assert rows == sorted(rows, key=lambda row: (-row[1], -row[2], row[3]))


def test_about_one_in_ten_is_held_out_and_stays_so_while_silent(sample: Place):
    stays = sample.published("""
        select member_id, week_start - 7 * silence_weeks, count(distinct is_holdout), bool_or(is_holdout)
        from reports.list_winback where source = 'all' group by all""")
    assert {arms for _, _, arms, _ in stays} == {1}
    assert 0.05 < sum(held for *_, held in stays) / len(stays) < 0.15


def test_nobody_changes_sides_within_twelve_weeks(sample: Place):
    changes = sample.published("""
        select count(*) filter (where later.week_start < former.week_start + 84), count(*)
        from reports.list_winback as former
        inner join reports.list_winback as later using (source, member_id)
        where later.week_start > former.week_start and later.is_holdout <> former.is_holdout""")
    assert changes[0][0] == 0


def test_the_removal_list_names_who_is_long_gone_the_least_to_lose_first(sample: Place):
    [(listed, wrong)] = sample.published("""
        select count(*), count(*) filter (where silence_weeks < 26 or tenure_days < 180
            or last_seen_at > week_start - interval 25 week or last_ordered_at > week_start - interval 357 day)
        from reports.list_removal""")
    assert (listed > 0, wrong) == (True, 0)
    assert sample.published("""
        select count(*) from (
            select score < lag(score) over (partition by source, week_start order by place) as falls
            from reports.list_removal) where falls""") == [(0,)]


def test_lists_keep_the_last_weeks_and_lie_beside_their_pages(sample: Place):
    [(first, last)] = sample.published("select min(week_start), max(week_start) from reports.member_week_status")
    assert (first, last) == (LAST - 25 * WEEK, LAST)
    for table in ("list_winback", "list_removal"):
        assert sample.published(f"select max(week_start) <= date '{LAST}' and min(week_start) >= date '{first}'"
                                f" from reports.{table}") == [(True,)]  # fmt: skip
    found = sorted(path.parent.name for path in sample.home.published.parent.glob("weeks/*/winback.csv"))
    assert found == [str(LAST - n * WEEK) for n in range(25, -1, -1)]


def test_the_files_say_what_the_tables_hold(sample: Place):
    listed = read(week_folder(sample) / "winback.csv")
    table = sample.published(f"""
        select value_rank, member_id, is_holdout, play, silence_weeks from reports.list_winback
        where source = 'all' and week_start = date '{LAST}' order by value_rank""")
    assert [
        (int(row["Place"]), row["Member id"], row["Held out: do not contact"] == "yes", row["Play"],
         int(row["Weeks of silence"]))
        for row in listed
    ] == table  # fmt: skip
    assert {row["Revenue"].rpartition(".")[2] for row in listed} > {"00", "50"}
    assert all(len(row["Revenue"].rpartition(".")[2]) == 2 for row in listed)
    assert len({row["Why"] for row in listed}) > 3
    assert {row["What to do"] for row in listed} <= words_of_the_seed()
    assert all(row["Why"].startswith(("Silent for ", "Took no part yet in ")) for row in listed)
    removal = read(week_folder(sample) / "removal.csv")
    assert len(removal) == sample.published(
        f"select count(*) from reports.list_removal where source = 'all' and week_start = date '{LAST}'"
    )[0][0]  # fmt: skip


@pytest.fixture(scope="module")
def changed(sample: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The sample with everything in its exports in another order."""
    place = sample.copy(tmp_path_factory.mktemp("changed") / "community")
    shuffler = random.Random(7)
    for file in (place.config.parent / "exports" / "slack").rglob("*.json"):
        rows = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(rows, list):
            shuffler.shuffle(rows)
            file.write_text(json.dumps(rows), encoding="utf-8")
    return place


def rerun(place: Place) -> None:
    """Computes and publishes the last two weeks anew, in a home that knows nothing."""
    shutil.rmtree(place.home.path)
    done = place.run("--from", str(LAST - WEEK))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lists_depend_on_no_order_and_on_no_earlier_run(sample: Place, changed: Place):
    rerun(changed)
    assert rows_of_lists(changed) == rows_of_lists(sample)


HOSTILE = ['=HYPERLINK("http://x")', "+1+1", "-2", "@SUM(A1)", "\t=1", " =1", "＝1", 'plain "quoted", Ümit']
# What drives a terminal, or ends the file for some readers.
DRIVING = ["\x1b[2Jred", "\x00=1"]


def test_no_name_is_a_formula_and_who_asked_is_left_out(sample: Place, changed: Place):
    asked = sample.published(f"""
        select member_id from reports.list_winback
        where source = 'slack' and week_start = date '{LAST}' order by value_rank limit 1""")[0][0]
    people = changed.config.parent / "exports" / "slack" / "users.json"
    users = json.loads(people.read_text(encoding="utf-8"))
    for number, user in enumerate(users):
        name = [*HOSTILE, *DRIVING][number % len([*HOSTILE, *DRIVING])]
        user["real_name"] = name
        user.setdefault("profile", {}).update(real_name=name, display_name=name)
    people.write_text(json.dumps(users), encoding="utf-8")
    (changed.config.parent / "asked.csv").write_text(f"member_id,since\n{asked},2026-10-01\n", encoding="utf-8")
    text = changed.config.read_text(encoding="utf-8")
    text = text.replace("[community]\n", '[community]\ndo_not_contact_file = "asked.csv"\n')
    changed.config.write_text(text + '\n[publish]\nmember_names = "name"\n', encoding="utf-8")
    rerun(changed)
    assert changed.published(f"select count(*) from reports.list_winback where member_id = '{asked}'") == [(0,)]
    [(person,)] = changed.published(f"select member_id from reports.member_week_status where source = 'all'"
                                    f" and member_id = '{asked}' limit 1") or [(None,)]  # fmt: skip
    if person:
        assert asked not in (week_folder(changed) / "winback.csv").read_text(encoding="utf-8-sig")
    # Nobody else is missing, and who is held out stays the same.
    arms = f"""
        select source, week_start, member_id, is_holdout from reports.list_winback
        where week_start >= date '{LAST - WEEK}' and source = 'slack' and member_id <> '{asked}' order by all"""
    assert changed.published(arms) == sample.published(arms)
    assert changed.published("select max(do_not_contact) from reports.report_winback_lift") == [(1,)]
    names = set()
    for file in changed.home.published.parent.glob("weeks/*/*.csv"):
        for row in read(file):
            names.add(row["Member"])
            assert not any(cell.lstrip().startswith(("=", "+", "@", "＝")) for cell in row.values() if cell), row
            assert not row["Member"].startswith("-")
    assert {'\'=HYPERLINK("http://x")', "'-2", 'plain "quoted", Ümit', "[2Jred"} <= names
    assert not {name for name in names if "\x00" in name or "\x1b" in name}


# Blanks, what parts cells and rows, and signs that are more than one letter long.
ODD = [
    "a=b",
    "",
    " ",
    "a\n=b",
    'say "hi"',
    "a,b",
    "a\r",
    "\r",
    "\x0b+1",
    "\u3000＠x",
    "\x1c-",
    "\ufeff=1",
    "\u200b=1",
    "\u202e+1",
    "e\u0301",
    "'=1",
]
# What the project's own check of a cell was before the engine wrote the files, and signs that nobody sees besides.
UNSEEN = "\ufeff\u200b\u202e"
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def test_cells_are_written_as_pythons_own_csv_writes_them():
    """Formulas become text: the very bytes that `csv` gives, for blanks and signs of any script."""
    cells = [*HOSTILE, *ODD]
    with duckdb.connect() as connection:
        connection.execute(lists.MACROS)
        given = {"cells": cells}
        plain = [row[0] for row in connection.execute("select plain_text(unnest($cells))", given).fetchall()]
        written = [row[0] for row in connection.execute("select csv_cell(unnest($cells))", given).fetchall()]
    for cell, text in zip(cells, plain, strict=True):
        is_formula = cell.startswith(FORMULA_STARTS) or cell.lstrip().lstrip(UNSEEN).startswith(FORMULA_STARTS)
        assert text == (f"'{cell}" if is_formula else cell)
    assert [cell for cell, text in zip(cells, plain, strict=True) if cell != text] == [
        *HOSTILE[:-1], "\r", "\x0b+1", "\u3000＠x", "\x1c-", "\ufeff=1", "\u200b=1", "\u202e+1",
    ]  # fmt: skip
    for cell, text in zip(cells, written, strict=True):
        out = io.StringIO(newline="")
        csv.writer(out).writerow([cell, "last"])
        assert f"{text},last\r\n" == out.getvalue()


def test_control_characters_are_left_out_of_cells():
    """Also where they stand before the sign of a formula. Ends of lines stay: cells are quoted for them."""
    given = {"\x1b[2Jred": "[2Jred", "a\x00b": "ab", "\x00=1": "'=1", "\x9b+1": "'+1", "a\nb": "a\nb", "Zoë": "Zoë"}
    with duckdb.connect() as connection:
        connection.execute(lists.MACROS)
        rows = connection.execute(
            "select cell, plain_text(printable(cell)) from (select unnest($cells) as cell)", {"cells": list(given)}
        ).fetchall()
    assert dict(rows) == given


@pytest.mark.parametrize(
    ("amount", "written"),
    [("0", "0.00"), ("29.9", "29.90"), ("12.50", "12.50"), ("-3", "-3.00"), ("0.125", "0.1250"), (None, None)],
)
def test_money_is_written_with_two_decimals_where_it_has_no_more(amount: str | None, written: str | None):
    with duckdb.connect() as connection:
        connection.execute(lists.MACROS)
        [(found,)] = connection.execute("select money($amount::decimal(38, 4))", {"amount": amount}).fetchall()
    assert found == written


def test_files_are_mended_and_dropped_with_the_weeks(sample: Place, tmp_path: Path):
    place = sample.copy(tmp_path / "community")
    files = {path: path.stat().st_mtime_ns for path in place.home.published.parent.glob("weeks/*/*.csv")}
    old = week_folder(place, LAST - timedelta(weeks=40))
    old.mkdir(parents=True)
    (old / "winback.csv").write_text("left over from when it was kept")
    (old / "index.html").write_text("a page")
    (week_folder(place) / "removal.csv").unlink()
    (week_folder(place, LAST - WEEK) / "winback.csv").write_text("somebody's notes")
    written = lists.write(place.home, [LAST - WEEK])
    assert [path.parent.name for path in written] == [str(LAST - WEEK), str(LAST)]
    assert sorted(path.name for path in old.iterdir()) == ["index.html"]
    rewritten = {path for path, when in files.items() if path.stat().st_mtime_ns != when}
    assert rewritten == {week_folder(place) / "removal.csv", week_folder(place, LAST - WEEK) / "winback.csv"}
    for path in files:
        assert path.read_bytes() == (sample.home.path / path.relative_to(place.home.path)).read_bytes()


@pytest.mark.parametrize(("language", "head"), [("zh_CN", "名次,成员"), ("id", "Urutan,Anggota")])
def test_the_files_speak_the_communitys_language(sample: Place, tmp_path: Path, language: str, head: str):
    place = sample.copy(tmp_path / "community")
    lists.write(place.home, [LAST], language)
    spoken = (week_folder(place) / "winback.csv").read_text(encoding="utf-8-sig")
    assert spoken.startswith(head)
    assert not [words for words in {*words_of_the_seed(), "weeks", "bought", "joined", "contact"} if words in spoken]


@pytest.mark.parametrize(("weeks", "words"), [(1, "took part in 1 week."), (2, "took part in 2 weeks.")])
def test_reasons_count_in_their_language(weeks, words):
    row = {"reason": "at_risk: was_creator_or_contributor", "silence_weeks": 5, "active_weeks": weeks}
    assert lists.why(row, languages.get("en")) == f"Silent for 5 weeks; {words}"
    assert lists.why(row, languages.get("zh_CN")) == f"沉默 5 周；曾在 {weeks} 周参与。"
