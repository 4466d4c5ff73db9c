"""Great Expectations inside DuckDB: that it really evaluates, what happens where it cannot, and what it costs."""

import resource
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations import REPORTS, validate
from expectations.checks import batch_query
from tests.test_expectations import GOOD_WAREHOUSE, WEEKS, failed, write

MANY = 300_000


def change(path: Path, *statements: str) -> Path:
    """Change a warehouse that is there."""
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A good warehouse of one's own to spoil."""
    return write(tmp_path / "warehouse.duckdb")


@pytest.mark.parametrize("weeks", [[0], [0, 7], [7, 0, 14], [0, 14], [0, 7, 28], [3], [3, 10]])
def test_the_weeks_of_a_run_are_validated_and_no_other_day(weeks: list[int]) -> None:
    """Also of a range, in which not each week is compared: a day within it that begins no week is none of them."""
    first = date(2026, 1, 5)
    with duckdb.connect() as connection:
        connection.execute("create schema reports")
        connection.execute(
            f"create table reports.r as select date '{first}' + i::integer as week_start from range(-9, 40) t (i)"
        )
        connection.execute("insert into reports.r values (null)")
        found = connection.execute(batch_query("r", [first + timedelta(days=days) for days in weeks])).fetchall()
    assert {row[0] for row in found} == {None, *(first + timedelta(days=days) for days in weeks)}
    assert len(found) == len(weeks) + 1


@pytest.mark.filterwarnings("ignore:You are using a generic SQLDatasource")
def test_stock_classes_fail_where_ours_evaluate(warehouse: Path) -> None:
    """great_expectations#10738: if this fails, the stock classes have learned DuckDB, and ours may go."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    from expectations.duckdb_engine import open_warehouse

    query = "SELECT * FROM reports.report_activity"
    expectations = [
        gxe.ExpectColumnValuesToNotBeNull(column="source"),
        gxe.ExpectColumnValuesToBeBetween(column="members", min_value=0),
        gxe.ExpectCompoundColumnsToBeUnique(column_list=["source", "week_start"]),
        gxe.UnexpectedRowsExpectation(unexpected_rows_query="SELECT * FROM {batch} WHERE members < 0"),
    ]

    def successes(source) -> list[bool]:
        batch = source.add_query_asset(name="a", query=query).add_batch_definition("b").get_batch()
        suite = gx.ExpectationSuite(name="s", expectations=list(expectations))
        return [result.success for result in batch.validate(suite).results]

    context = gx.get_context(mode="ephemeral")
    url = f"duckdb:///{warehouse}"
    stock = context.data_sources.add_sql(
        name="stock", connection_string=url, kwargs={"connect_args": {"read_only": True}}
    )
    assert not all(successes(stock))
    stock.get_execution_engine().close()
    stock.get_engine().dispose()
    with open_warehouse(warehouse) as source:
        assert successes(source) == [True] * len(expectations)


def test_a_query_that_fails_leaves_the_connection_usable(warehouse: Path) -> None:
    from expectations.duckdb_engine import open_warehouse

    with open_warehouse(warehouse) as source:
        engine = source.get_execution_engine()
        with pytest.raises(Exception, match="nowhere"):
            engine.rows("SELECT * FROM nowhere")
        assert engine.rows("SELECT 'a:b {c} %' AS text") == [{"text": "a:b {c} %"}]


def test_the_warehouse_is_let_go_and_never_written(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    validate(warehouse, ["report_churn"], WEEKS[-2:])
    assert warehouse.read_bytes() == before
    assert [path.name for path in warehouse.parent.iterdir()] == [warehouse.name]
    duckdb.connect(str(warehouse)).close()  # fails while any read-only connection of this process is open


def test_a_missing_table_fails_with_an_error(warehouse: Path) -> None:
    change(warehouse, "DROP TABLE reports.report_retention")
    results = validate(warehouse, ["report_churn", "report_retention"], WEEKS[-2:])
    assert {r.report for r in results if not r.passed} == {"report_retention"}
    lost = [r for r in results if r.report == "report_retention"]
    assert len({r.check_name for r in lost}) == 13 and len(lost) == 26
    assert all("report_retention does not exist" in r.error and not r.passed for r in lost)
    assert {r.observed for r in lost} == {"could not be evaluated"}


def test_a_missing_column_fails_what_needs_it_and_nothing_else(warehouse: Path) -> None:
    change(warehouse, "ALTER TABLE reports.report_churn DROP COLUMN won_back")
    failures = failed(validate(warehouse, ["report_churn"], WEEKS[-2:]))
    assert {check for _, check, _ in failures} == {"values_present", "counts_not_negative", "won_back_within_active"}
    assert {week for _, _, week in failures} == set(WEEKS[-2:])
    assert all("won_back" in result.error for result in failures.values())


@pytest.mark.parametrize("table", ["canonical.int_source_weeks", "control.unreadable_sources", "control.settings"])
def test_a_missing_control_table_fails_what_reads_it(table, warehouse: Path) -> None:
    change(warehouse, f"DROP TABLE {table}")
    failures = failed(validate(warehouse, ["report_activity"], WEEKS[-2:]))
    assert {check for _, check, _ in failures} <= {"source_delivers", "source_quiet", "source_readable"}
    assert failures and all(result.error for result in failures.values())


def test_an_unknown_report_fails_with_an_error(warehouse: Path) -> None:
    results = validate(warehouse, ["report_weather", "report_churn"], WEEKS[-2:])
    unknown = [r for r in results if r.report == "report_weather"]
    assert [(r.check_name, r.passed, r.severity) for r in unknown] == [("suite_exists", False, "critical")] * 2
    assert unknown[0].error == "there are no checks for report_weather"
    assert all(r.passed for r in results if r.report == "report_churn")


@pytest.mark.parametrize("content", [None, b"this is no database"])
def test_a_warehouse_that_does_not_open_passes_nothing(content, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    if content is not None:
        path.write_bytes(content)
    results = validate(path, REPORTS, WEEKS[-1:])
    assert {r.report for r in results} == set(REPORTS)
    assert all(not r.passed and r.error for r in results)
    assert path.exists() == (content is not None)


def test_rows_without_a_week_count_against_every_week(warehouse: Path) -> None:
    change(
        warehouse,
        f"""INSERT INTO reports.report_churn SELECT * REPLACE (NULL AS week_start) FROM reports.report_churn
            WHERE week_start = DATE '{WEEKS[3]}' AND source = 'forum'""",
    )
    failures = failed(validate(warehouse, ["report_churn"], WEEKS[-3:]))
    assert [(check, week) for _, check, week in failures] == [("keys_present", week) for week in WEEKS[-3:]]


def test_weeks_in_any_order_twice_or_none(warehouse: Path) -> None:
    twice = validate(warehouse, ["report_churn", "report_churn"], [WEEKS[5], WEEKS[4], WEEKS[5]])
    assert len(twice) == 2 * len({r.check_name for r in twice})
    assert all(r.passed for r in twice)
    assert validate(warehouse, REPORTS, []) == []


SILENT = {  # source: (rows in its weeks by number, which check fails in which weeks)
    "stopped": (dict.fromkeys(range(20, 90), 8), dict.fromkeys(range(90, 110), "source_delivers")),
    "ended": (dict.fromkeys(range(20, 90), 8), dict.fromkeys(range(90, 92), "source_delivers")),
    "patchy": (
        {101: 9, 102: 9, 103: 9, 105: 9, 107: 9, 108: 9},
        dict.fromkeys((104, 106, 109), "source_quiet"),
    ),
    "young": (dict.fromkeys(range(105, 109), 8), {109: "source_delivers"}),
    "thin": ({**dict.fromkeys(range(50, 109), 8), 100: 7}, {109: "source_quiet"}),  # one week in twelve below 8
    "long_ago_thin": ({**dict.fromkeys(range(50, 109), 8), 96: 7}, {109: "source_delivers"}),
    "last_bit": ({**dict.fromkeys(range(50, 107), 8), 107: 1}, dict.fromkeys((108, 109), "source_delivers")),
    "bit_and_back": (
        {**dict.fromkeys(range(50, 105), 8), 105: 1, 108: 8},
        dict.fromkeys((106, 107, 109), "source_quiet"),
    ),
    "last_bits": (
        {**dict.fromkeys(range(50, 106), 8), 106: 1, 107: 1},
        dict.fromkeys((108, 109), "source_quiet"),
    ),
    "young_last_bit": ({**dict.fromkeys(range(104, 108), 8), 108: 1}, {109: "source_delivers"}),
    "never": ({}, {}),
}


@pytest.fixture(scope="module")
def silences(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """For each source, in which weeks which of the two checks on silence failed."""
    path = write(tmp_path_factory.mktemp("silent") / "warehouse.duckdb")
    statements = ["ALTER TABLE control.sources ADD COLUMN ended_on DATE"]
    for source, (rows, _) in SILENT.items():
        statements.append(f"INSERT INTO control.sources (source) VALUES ('{source}')")
        statements += (
            f"INSERT INTO canonical.int_source_weeks VALUES ('{source}', DATE '{WEEKS[number]}', {count})"
            for number, count in rows.items()
        )
    change(path, *statements, f"UPDATE control.sources SET ended_on = DATE '{WEEKS[92]}' WHERE source = 'ended'")
    found: dict[str, dict[int, str]] = {source: {} for source in SILENT}
    for (_, check, week), result in failed(validate(path, ["report_activity"], WEEKS)).items():
        for key in result.sample_keys:
            found[key.removeprefix("source=").split()[0]][WEEKS.index(week)] = check
    return found


@pytest.mark.parametrize("source", SILENT)
def test_a_regular_source_that_falls_silent_is_missed(source, silences) -> None:
    assert silences[source] == SILENT[source][1]


BIG_AND_BAD = f"""
UPDATE control.settings SET member_weeks_kept = 40;
DELETE FROM reports.member_week_status;
INSERT INTO reports.member_week_status (source, member_id, week_start, silence_weeks, last_active_at, last_seen_at,
        status, flagged_by, flagged_since, lifecycle_stage, tenure_days)
    SELECT 'forum', 'forum:' || i, DATE '{WEEKS[-1]}' - CAST(7 * (i % 2) AS INTEGER), -1, now(), NULL, 'zombie', 'x',
        DATE '2099-01-01', 'elder', 0
    FROM range({MANY}) AS t(i);
"""


def peak_megabytes() -> int:
    """The most memory this process has ever used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_many_bad_rows_take_little_memory(warehouse: Path) -> None:
    validate(warehouse, ["report_churn"], WEEKS[-2:])  # Great Expectations itself is loaded, and not counted
    change(warehouse, BIG_AND_BAD)
    before = peak_megabytes()
    results = validate(warehouse, ["member_week_status"], WEEKS[-2:])
    assert peak_megabytes() - before < 250
    failures = failed(results).values()
    assert len(failures) >= 2 * 6
    assert all(result.error is None for result in failures)
    assert all(len(result.sample_keys) <= 5 and len(result.observed) <= 300 for result in failures)
    status = next(result for result in failures if result.check_name == "status_known")
    assert status.observed == "150000 of 150000 rows: status zombie, ..."


def test_more_failing_weeks_than_great_expectations_fetches_rows(tmp_path: Path) -> None:
    """It fetches 200 rows of a query at most; every one of 300 bad weeks must fail all the same."""
    weeks = [date(2020, 1, 6) + timedelta(weeks=number) for number in range(300)]
    good = GOOD_WAREHOUSE.replace("2024-01-01", "2020-01-06").replace("range(110)", "range(300)")
    path = change(tmp_path / "warehouse.duckdb", good, "UPDATE reports.report_churn SET won_back = 41")
    failures = failed(validate(path, ["report_churn"], weeks))
    assert sorted(week for _, check, week in failures if check == "won_back_within_active") == weeks
    assert len(failures) == 300


def test_what_checks_do_not_use_is_not_loaded(warehouse: Path) -> None:
    """Great Expectations loads scipy's statistics and altair with itself; they work for whoever asks for them later."""
    code = f"""
import sys
from datetime import date
from pathlib import Path
from expectations import validate
results = validate(Path({str(warehouse)!r}), ["report_churn"], [date({WEEKS[5]:%Y, %-m, %-d})])
assert results and all(result.passed for result in results)
assert "great_expectations" in sys.modules and not {{"altair", "scipy.stats"}} & set(sys.modules)
from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as user
assert user.stats.entropy([0.5, 0.5]) > 0.69
import altair, scipy.stats
assert altair.Chart is user.alt.Chart and scipy.stats.entropy is user.stats.entropy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_is_worked_out_once_is_what_great_expectations_works_out() -> None:
    import great_expectations.expectations as gxe
    from great_expectations.core.id_dict import IDDict
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    from expectations.repeated_work import done_once

    stock = Expectation.configuration, ExpectationConfiguration.to_domain_obj, IDDict.to_id
    contents = [
        {}, {"a": 1}, {"a": 1, "b": None}, {"a": True, "b": None}, {"a": 1.0, "b": None}, {"b": None, "a": 1},
        {"a": "1", "b": [1, 2]}, {"a": {"x": 1}, "b": 2}, {"a": date(2026, 1, 5), "b": 0},
    ]  # fmt: skip
    ids = [IDDict(content).to_id() for content in contents]
    expectation = gxe.ExpectColumnValuesToBeBetween(column="members", min_value=0)
    configuration = expectation.configuration
    with done_once():
        assert [[IDDict(content).to_id() for content in contents] for _ in range(2)] == [ids, ids]
        assert IDDict({"a": 1, "b": 2}).to_id(id_keys=["a"]) == "a=1"
        kept = expectation.configuration
        assert kept == configuration and kept is expectation.configuration
        assert kept.to_domain_obj() == expectation and kept.to_domain_obj() is kept.to_domain_obj()
        expectation.min_value = 1
        assert expectation.configuration.kwargs["min_value"] == 1
    assert (Expectation.configuration, ExpectationConfiguration.to_domain_obj, IDDict.to_id) == stock
