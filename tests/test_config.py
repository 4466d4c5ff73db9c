"""`stillhere.toml`: everything wrong with it is told at once, by file, key and what was expected there."""

import re
from datetime import date

import pytest
import yaml
from pydantic import BaseModel

from orchestration import cli, config, warehouse
from orchestration.config import sections as sections_module
from orchestration.errors import ConfigError
from orchestration.home import Home

GOOD = """
[community]
name = "Example"

[[sources]]
name = "slack"
format = "slack"
path = "exports/slack"
"""
TABLE = """
[[sources]]
name = "group"
format = "table"
path = "exports/group.csv"
"""
ORDERS = """
[[sources]]
name = "shop"
format = "orders"
path = "exports/orders.csv"
"""
MEMBERS = '[sources.members]\nfile = "m.csv"\nmember = "m"\n'
GOAL = """
[[goals]]
name = "grow"
metric = "report_activity.active_members"
from = 2026-01-05
to = 2026-06-30
target = "+10%"
"""
COLUMNS = '[sources.columns]\nmember = "m"\nat = "a"\n'


@pytest.fixture
def problems(tmp_path):
    """What `load` complains about, without the file's name that each line begins with."""

    def problems(text: str | bytes) -> list[str]:
        file = tmp_path / "stillhere.toml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(ConfigError) as raised:
            config.load(file)
        assert raised.value.exit_code == 2
        lines = raised.value.message.splitlines()
        assert all(line.startswith(f"{file}: ") for line in lines)
        return [line.removeprefix(f"{file}: ") for line in lines]

    return problems


def load(tmp_path, text):
    (tmp_path / "stillhere.toml").write_text(text, encoding="utf-8")
    return config.load(tmp_path / "stillhere.toml")


def test_a_short_config_has_the_documented_defaults(tmp_path):
    found = load(tmp_path, GOOD)
    assert (found.community.timezone, found.community.week_start_day) == ("UTC", "monday")
    assert (found.thresholds.churned_after_weeks, found.thresholds.at_risk_after_weeks) == (12, 4)
    assert (found.schedule.cron, found.publish.member_names, found.publish.member_weeks_kept) == (
        "0 6 * * 1",
        "pseudonym",
        26,
    )
    assert found.resolve("exports/slack") == str(tmp_path / "exports" / "slack")
    assert found.resolve("/elsewhere") == "/elsewhere"
    assert found.resolve("s3://bucket/x") == "s3://bucket/x"


def test_a_byte_order_mark_as_windows_editors_write_it_does_no_harm(tmp_path):
    assert load(tmp_path, "\ufeff" + GOOD).community.name == "Example"


def test_the_keys_of_a_format_are_its_own(tmp_path):
    assert load(tmp_path, GOOD + TABLE + 'type = "post"\n' + COLUMNS).sources[1].options == {
        "type": "post",
        "columns": {"member": "m", "at": "a"},
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("colour = 1\n" + GOOD, "colour: unknown key; expected one of community, sources, thresholds,"),
        ("file = 1\n" + GOOD, "file: unknown key"),
        (GOOD.replace("[[", "nam = 1\n[["), "community.nam: unknown key; expected one of name, timezone,"),
        (GOOD + "nam = 1", "sources.slack.nam: unknown key; expected one of name, format, path, ended_on"),
        (GOOD + "[thresholds]\nweeks = 1", "thresholds.weeks: unknown key; expected one of churned_after_weeks,"),
        (GOOD + "[schedule]\nweeks = 1", "schedule.weeks: unknown key; expected one of cron"),
        (GOOD + "[publish]\nweeks = 1", "publish.weeks: unknown key; expected one of member_names,"),
        (
            GOOD + TABLE + 'type = "post"\n' + COLUMNS + "x = 1",
            "sources.group.columns.x: unknown key; expected one of me",
        ),
        (
            GOOD + TABLE + 'type = "post"\n' + COLUMNS + '[sources.members]\nfile = "m"\nmember = 1\nx = 1',
            "sources.group.members.x: unknown key; expected one of file, member,",
        ),
        (
            GOOD + TABLE + 'kind = "post"\ntype = "post"\n' + COLUMNS,
            "sources.group.kind: unknown key; expected one of name,",
        ),
    ],
)
def test_an_unknown_key_at_any_level_is_named_with_the_known_ones(problems, text, line):
    (found,) = problems(text)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ["community: this key is required", "sources: this key is required"]),
        (GOOD.replace('name = "Example"', ""), ["community.name: this key is required"]),
        (GOOD.replace('name = "slack"', ""), ["sources.0.name: this key is required"]),
        (GOOD.replace('path = "exports/slack"', ""), ["sources.slack.path: this key is required"]),
        (GOOD.replace('format = "slack"', ""), ["sources.slack.format: this key is required"]),
        (GOOD + TABLE, ["sources.group.columns: this key is required"]),
        (
            GOOD + ORDERS + 'currency = "EUR"\n[sources.columns]\nat = "a"',
            ["sources.shop.columns.member: this key is required", "sources.shop.columns.amount: this key is required"],
        ),
    ],
)
def test_missing_keys_are_named(problems, text, lines):
    assert problems(text) == lines


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('name = "Example"', 'name = ""', r"community\.name: .*at least 1 character \(found ''\)"),
        ('"Example"', '"E"\ntimezone = "Europe/Bärlin"', r"community\.timezone: unknown time zone .*IANA name such as"),
        ('"Example"', '"E"\ntimezone = "localtime"', r"community\.timezone: unknown time zone"),
        (
            '"Example"',
            '"E"\nweek_start_day = "friday"',
            r"community\.week_start_day: .*'monday' or 'sunday' .*'friday'",
        ),
        ('"Example"', '"E"\nofficial = ["U1"]', r"community\.official\.0: 'U1': expected '<source>:<native id>'"),
        ('"Example"', '"E"\nofficial = ["forum:1"]', r"community\.official: 'forum:1' names the source 'forum', which"),
        (
            '"Example"',
            '"E"\nbots = ["forum:1"]',
            r"community\.bots: 'forum:1' names the source 'forum', which is not in",
        ),
        (
            '"Example"',
            '"E"\ndo_not_contact = ["forum:1"]',
            r"community\.do_not_contact: 'forum:1' names the source 'forum', which is not in",
        ),
        (
            '"Example"',
            '"E"\ndo_not_contact_file = "no.csv"',
            r"community\.do_not_contact_file: no such file: /.*/no\.csv",
        ),
        ('"Example"', '"E"\n[winback]\nholdout_share = 0.6', r"winback\.holdout_share: .*less than or equal to 0\.5"),
        ('"Example"', '"E"\nidentities = ""', r"community\.identities: a folder, no file: /"),
        ('"Example"', '"E"\nidentities = "no.csv"', r"community\.identities: no such file: /.*/no\.csv"),
        ('name = "slack"', 'name = "all"', r"sources\.all\.name: 'all' is the name of the whole community's rows"),
        ('name = "slack"', 'name = "Slack 2"', r"sources\.Slack 2\.name: 'Slack 2': expected a lower-case letter"),
        ('name = "slack"', 'name = "_schema"', r"sources\._schema\.name: '_schema': expected a lower-case letter"),
        (
            'format = "slack"',
            'format = "slak"',
            r"sources\.slack\.format: unknown format 'slak'; expected one of slack,",
        ),
        ('path = "exports/slack"', 'path = ""', r"sources\.slack\.path: .*at least 1 character"),
        ('path = "exports/slack"', "path = 7", r"sources\.slack\.path: .*valid string \(found 7\)"),
        ('name = "slack"', 'name = ["slack"]', r"sources\.\['slack'\]\.name: .*valid string \(found \['slack'\]\)"),
        ('name = "slack"', "name = {}", r"sources\.\{\}\.name: .*valid string \(found \{\}\)"),
        ('name = "slack"', 'name = "slack"\nended_on = 0', r"sources\.slack\.ended_on: 0: expected a day, such as"),
        ('name = "slack"', 'name = "slack"\nended_on = "0"', r"sources\.slack\.ended_on: '0': expected a day, such as"),
        ('name = "Example"', f'name = "Example"\nidentities = "{"x" * 300}"', r"community\.identities: no such file"),
        (
            "[[sources]]",
            "[publish]\nmember_weeks_kept = true\n[[sources]]",
            r"publish\.member_weeks_kept: .*found True",
        ),
        ("[[sources]]", "[publish]\nmember_weeks_kept = 5201\n[[sources]]", r"publish\.member_weeks_kept: .* 5200 "),
        (
            "[[sources]]",
            "[sources]",
            r"sources: expected a list of sections, each of which begins with \[\[sources\]\]; found one that begins"
            r" with \[sources\]",
        ),
        (
            'name = "Example"',
            'name = "Example"\nofficial = "slack:U1"',
            r"community\.official: expected a list, written official = \[\"\.\.\.\", \"\.\.\.\"\] \(found 'slack:U1'\)",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_was_expected(problems, old, new, line):
    (found,) = problems(GOOD.replace(old, new))
    assert re.fullmatch(line + ".*", found)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (
            "churned_after_weeks = 1",
            "thresholds.churned_after_weeks: input should be greater than or equal to 2 (found 1)",
        ),
        ('churned_after_weeks = "x"', "thresholds.churned_after_weeks: input should be a valid integer"),
        (
            "churned_after_weeks = 4",
            "thresholds.at_risk_after_weeks: expected less than churned_after_weeks, which is 4 (found 4)",
        ),
        (
            "at_risk_after_weeks = 13",
            "thresholds.at_risk_after_weeks: expected less than churned_after_weeks, which is 12",
        ),
        (
            "fit_min_members = 99999999999999999999",
            "thresholds.fit_min_members: input should be less than or equal to 1",
        ),
        ("growth_days = 2147483647", "thresholds.growth_days: input should be less than or equal to 36500"),
        ("at_risk_after_weeks = true", "thresholds.at_risk_after_weeks: input should be a valid integer (found True)"),
        ("rhythm_factor = true", "thresholds.rhythm_factor: input should be a valid number (found True)"),
        ("newbie_days = 90", "thresholds.newbie_days: expected less than growth_days, which is 90 (found 90)"),
    ],
)
def test_thresholds_must_not_cross(problems, section, line):
    (found,) = problems(f"{GOOD}[thresholds]\n{section}")
    assert found.startswith(line)


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "60 6 * * 1", "0 6 31 2 *", "often", "0 6 * * 1 *", "0 6 LW * *", "0 6 * * 5L"]
)
def test_a_bad_schedule_is_refused(problems, cron):
    (found,) = problems(f'{GOOD}[schedule]\ncron = "{cron}"')
    assert found == f"schedule.cron: {cron!r}: expected five cron fields, such as '0 6 * * 1' (Mondays at 06:00)"


@pytest.mark.parametrize("cron", ["0 6 * * 1", "*/15 0-6 1,15 JUL MON-FRI", "0 6 * * 1#2"])
def test_a_schedule_that_is_accepted_is_one_that_dagster_understands(tmp_path, cron):
    from dagster import ScheduleDefinition

    ScheduleDefinition(
        job_name="weekly", cron_schedule=load(tmp_path, f'{GOOD}[schedule]\ncron = "{cron}"').schedule.cron
    )


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            TABLE + 'type = "post"\n' + COLUMNS + 'type = "t"',
            "sources.group: give either a constant `type` or a type column",
        ),
        (TABLE + COLUMNS, "sources.group: give either a constant `type` or a type column"),
        (
            TABLE + 'type = "shout"\n' + COLUMNS,
            "sources.group.type: unknown type 'shout'; expected one of post, reply,",
        ),
        (
            TABLE + COLUMNS + 'type = "t"\n[sources.types]\ncomment = "shout"',
            "sources.group.types: comment = 'shout': unknown type; expected one of post, reply,",
        ),
        (
            TABLE + 'type = "post"\ndelimiter = ",,"\n' + COLUMNS,
            "sources.group.delimiter: ',,': expected one character",
        ),
        (TABLE + 'type = "post"\ndelimiter = ""\n' + COLUMNS, "sources.group.delimiter: '': expected one character"),
        (TABLE + 'type = "post"\ntimezone = "Mars"\n' + COLUMNS, "sources.group.timezone: unknown time zone 'Mars'"),
        (TABLE + 'type = "post"\ninstants = "%Q"\n' + COLUMNS, "sources.group.instants: '%Q': no strptime pattern"),
        (
            TABLE + 'type = "post"\ninstants = "iso"\n' + COLUMNS,
            "sources.group.instants: 'iso': expected \"auto\" or a st",
        ),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = 0\nat = "a"',
            "sources.group.columns.member: 0: columns without",
        ),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = true\nat = "a"',
            "sources.group.columns.member: true: expected the name of a column",
        ),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = ""\nat = "a"',
            'sources.group.columns.member: "": expected the name of a column',
        ),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = " "\nat = "a"',
            'sources.group.columns.member: " ": expected the name of a column',
        ),
        (
            '[[sources]]\nname = "fedi"\nformat = "mastodon"\npath = "x"\nofficial = "no"',
            "sources.fedi.official: input should be a valid boolean",
        ),
        (
            '[[sources]]\nname = "dc"\nformat = "discord"\npath = "x"\nreaction_users = 0',
            "sources.dc.reaction_users: input should be a valid boolean",
        ),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = 10001\nat = "a"',
            "sources.group.columns.member: 10001: columns without a header are counted from 1, up to 10,000",
        ),
        (TABLE + 'type = "post"\nheader = "no"\n' + COLUMNS, "sources.group.header: input should be a valid boolean"),
        (TABLE + 'type = "post"\nheader = 0\n' + COLUMNS, "sources.group.header: input should be a valid boolean"),
        (
            TABLE + 'type = "post"\n[sources.columns]\nmember = 1.5\nat = "a"',
            "sources.group.columns.member: input should be",
        ),
        (
            TABLE + 'type = "post"\nobserves = ["mood"]\n' + COLUMNS,
            "sources.group.observes.0: input should be 'views', 're",
        ),
        (
            TABLE + 'type = "post"\n' + COLUMNS + MEMBERS + '[sources.members.attributes]\nLand = "land"',
            "sources.group.members.attributes: 'Land': expected a lower-case letter, then letters,",
        ),
        (
            ORDERS + 'currency = "EUR"\n' + COLUMNS + 'amount = "x"\ncurrency = "c"',
            "sources.shop: give either a constant `currency`",
        ),
        (ORDERS + COLUMNS + 'amount = "x"', "sources.shop: give either a constant `currency`"),
        (ORDERS + 'currency = "€"\n' + COLUMNS + 'amount = "x"', "sources.shop.currency: string should match pattern"),
    ],
)
def test_a_format_checks_its_own_keys(problems, source, line):
    (found,) = problems(GOOD + source)
    assert found.startswith(line)


def test_a_goal_is_a_figure_with_a_target_by_a_day(tmp_path):
    by_number = GOAL.replace('"grow"', '"shrink"').replace('"+10%"', "20").replace("metric", 'source = "slack"\nmetric')
    grow, shrink = load(tmp_path, GOOD + GOAL + by_number).goals
    assert (grow.source, grow.from_date, grow.to_date) == ("all", date(2026, 1, 5), date(2026, 6, 30))
    assert (grow.target, grow.target_change_percent) == ("+10%", 10.0)
    assert (shrink.source, shrink.target, shrink.target_change_percent) == ("slack", 20.0, None)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("report_activity.active_members", "active_members", "grow.metric: 'active_members': expected '<report>.<colu"),
        ("report_activity.active_members", "report_x.y", "grow.metric: 'report_x.y': expected '<report>.<column>', wi"),
        (".active_members", ".members; drop", "grow.metric: 'report_activity.members; drop': report_activity has no s"),
        (".active_members", ".observes_views", "grow.metric: 'report_activity.observes_views': report_activity has no"),
        ('"+10%"', '"10%"', 'grow.target: \'10%\': expected a number below 1e15, or a change such as "+10%" or "-5%"'),
        ('"+10%"', '"120"', "grow.target: '120': expected a number below 1e15, or a change"),
        ('"+10%"', "inf", "grow.target: inf: expected a number below 1e15, or a change"),
        ('"+10%"', "1e30", "grow.target: 1e+30: expected a number below 1e15, or a change"),
        (
            '"+10%"',
            "-1_000_000_000_000_000",
            "grow.target: -1000000000000000: expected a number below 1e15, or a change",
        ),
        ('"+10%"', "true", "grow.target: True: expected a number below 1e15, or a change"),
        (
            "2026-06-30",
            "2026-01-04",
            "grow.to: expected a day not before `from`, which is 2026-01-05 (found 2026-01-04)",
        ),
        ("from = 2026-01-05\n", "", "grow.from: this key is required"),
        ("from = 2026-01-05", "from = 0001-01-01", "grow.from: input should be greater than or equal to 1990-01-01"),
        ("from = 2026-01-05", 'from = "soon"', "grow.from: 'soon': expected a day, such as 2026-05-11"),
        ("from = 2026-01-05", "from = 1767571200", "grow.from: 1767571200: expected a day, such as 2026-05-11"),
        ("target", 'source = "forum"\ntarget', "grow.source: 'forum' is not in [[sources]], nor is it 'all'"),
        (
            "target",
            "goal = 1\ntarget",
            "grow.goal: unknown key; expected one of name, metric, source, from, to, target",
        ),
        ('"grow"', '""', ".name: string should have at least 1 character"),
    ],
)
def test_a_goal_that_cannot_be_followed_is_refused(problems, old, new, line):
    (found,) = problems(GOOD + GOAL.replace(old, new))
    assert found.startswith(f"goals.{line}")


def test_two_goals_of_one_name_are_refused(problems):
    assert problems(GOOD + GOAL + GOAL) == ["goals: the name 'grow' is used twice; names must be unique"]


def test_every_figure_that_a_goal_may_name_is_a_number_of_its_report():
    """The list in dbt_project.yml is held to the reports' contracts."""
    reports = warehouse.PROJECT / "models" / "reports"
    for report, columns in config.figures().items():
        (model,) = yaml.safe_load((reports / f"{report}.yml").read_text(encoding="utf-8"))["models"]
        numbers = [c["name"] for c in model["columns"] if c["data_type"] in ("bigint", "double", "decimal(18,4)")]
        assert set(columns) <= set(numbers), report
        assert "'replaces': 'figure_weeks'" in (reports / f"{report}.sql").read_text(encoding="utf-8"), report


def test_two_sources_of_one_name_are_told_once(problems):
    again = GOOD[GOOD.index("[[") :]
    assert problems(GOOD + again + again) == ["sources: the name 'slack' is used twice; names must be unique"]


def test_all_problems_are_listed_at_once(problems):
    found = problems(
        """
        colour = 1
        [community]
        timezone = "Mars"
        [thresholds]
        churned_after_weeks = 3
        [schedule]
        cron = "often"
        [[sources]]
        name = "one"
        format = "slak"
        path = "x"
        [[sources]]
        name = "one"
        format = "table"
        """
    )
    assert [line.split(": ")[0] for line in found] == [
        "community.name",
        "community.timezone",
        "sources.one.path",
        "schedule.cron",
        "colour",
        "sources",
        "thresholds.at_risk_after_weeks",
        "sources.one.format",
        "sources.one.columns",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            b"[community\nname = 1",
            "not valid TOML: Expected ']' at the end of a table declaration (at line 1, column 11).",
        ),
        (b"name = 1\nname = 2", "not valid TOML: Cannot overwrite a value (at "),
        (GOOD.encode("utf-16"), "cannot be read as UTF-8 text ("),
        ('[community]\nname = "Zoë"'.encode("latin-1"), "cannot be read as UTF-8 text ("),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(problems, content, line):
    (found,) = problems(content)
    assert found.startswith(line)


def test_a_missing_file_is_told_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError) as raised:
        config.load(tmp_path / "no.toml")
    assert raised.value.message == (
        f"{tmp_path / 'no.toml'}: no such file. `stillhere init` writes one; `--config` names another."
    )
    with pytest.raises(ConfigError) as raised:
        config.load(tmp_path)
    assert raised.value.message == (
        f"{tmp_path}: a folder. Expected the config in it, such as {tmp_path / 'stillhere.toml'}."
    )


def test_there_must_be_a_source(problems):
    assert problems('sources = []\n[community]\nname = "x"') == ["sources: expected at least one"]


@pytest.mark.parametrize("text", [GOOD + "x = 1", "[[[", GOOD.replace('"slack"', '"slak"'), GOOD])
def test_the_command_line_says_it_without_a_traceback(tmp_path, capsys, text):
    """The last one has nothing wrong but that no exports lie at its path."""
    file = tmp_path / "stillhere.toml"
    file.write_text(text)
    assert cli.main(["check", "--config", str(file)]) == 2
    said = capsys.readouterr().err
    assert str(file) in said
    assert "Traceback" not in said


ASKED = 'do_not_contact = ["slack:U1"]\ndo_not_contact_file = "asked.csv"'


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("who\nslack:U2\n", "line 1: expected a column member_id; found who."),
        ("", "line 1: expected a column member_id; found nothing."),
        ("member_id\nslack:U2\nU3\n", "line 3: expected '<source>:<native id>' with a source of the config"),
        ("member_id,why\nslak:U2,no\n", "line 2: expected '<source>:<native id>' with a source of the config"),
        ("member_id\nslack:\n", "line 2: expected '<source>:<native id>' with a source of the config"),
    ],
)
def test_a_wish_that_names_nobody_is_told(tmp_path, rows, problem):
    (tmp_path / "asked.csv").write_text(rows, encoding="utf-8")
    file = tmp_path / "stillhere.toml"
    file.write_text(GOOD.replace('name = "Example"', f'name = "Example"\n{ASKED}'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        warehouse.do_not_contact(config.load(file))
    assert str(tmp_path / "asked.csv") in caught.value.message and problem in caught.value.message


def test_who_asked_is_told_by_the_config_and_its_file(tmp_path):
    (tmp_path / "asked.csv").write_text(
        "\ufeffmember_id,since\n slack:U2 ,2026\nslack:U:1,\nslack:U1,\n", encoding="utf-8"
    )
    file = tmp_path / "stillhere.toml"
    file.write_text(GOOD.replace('name = "Example"', f'name = "Example"\n{ASKED}'), encoding="utf-8")
    assert warehouse.do_not_contact(config.load(file)) == ["slack:U1", "slack:U2", "slack:U:1"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("person,source\nAna,slack\n", "line 1: expected the columns person, source, native_id; found person, source."),
        ("person,source,native_id\nAna,,U1\n", "line 2: expected a person, a source and a native_id; one is empty."),
        (
            "person,source,native_id\nAna,slack,U1\n\nBo,slack,U1\n",
            "line 4: slack:U1 is given to 'Bo' here and to 'Ana' above; an account belongs to one person.",
        ),
        ("person,source,native_id\nAna,slak,U1\n", "line 2: expected a source of the config (slack); found 'slak'."),
    ],
)
def test_an_identity_that_cannot_be_right_is_told_with_its_line(tmp_path, rows, problem):
    (tmp_path / "who.csv").write_text(rows, encoding="utf-8")
    file = tmp_path / "stillhere.toml"
    identities = 'name = "Example"\nidentities = "who.csv"'
    file.write_text(GOOD.replace('name = "Example"', identities), encoding="utf-8")
    settings, home = config.load(file), Home(tmp_path / "home").create()
    with pytest.raises(ConfigError) as caught:
        warehouse.write_control(settings, home, [])
    assert str(tmp_path / "who.csv") in caught.value.message and problem in caught.value.message


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("slack:Zoë".encode("latin-1"), "line 3: no UTF-8 text ("),
        (b"x" * 200_000, "line 3: the row that begins there is no CSV (field larger than field limit (131072))."),
        (b'"slack:U3\nslack:U4', "line 3: the row that begins there is no CSV (unexpected end of data). Is a quote"),
    ],
)
def test_a_file_that_the_config_names_is_read_before_anything_is_pulled(tmp_path, capsys, command, row, problem):
    (tmp_path / "asked.csv").write_bytes(b"member_id\nslack:U2\n" + row + b"\n")
    (tmp_path / "exports" / "slack").mkdir(parents=True)
    file = tmp_path / "stillhere.toml"
    file.write_text(GOOD.replace('name = "Example"', f'name = "Example"\n{ASKED}'), encoding="utf-8")
    assert cli.main([command, "--config", str(file)]) == 2
    assert f"{tmp_path / 'asked.csv'}: {problem}" in capsys.readouterr().err
    assert not (tmp_path / ".stillhere").exists()


def test_every_whole_number_of_the_config_has_a_greatest_value():
    sections = {section for section in vars(sections_module).values() if isinstance(section, type)}
    fields = {
        f"{section.__name__}.{name}": field
        for section in sections
        if issubclass(section, BaseModel)
        for name, field in section.model_fields.items()
        if field.annotation is int
    }
    assert len(fields) > 15
    assert [name for name, field in fields.items() if not any(hasattr(bound, "le") for bound in field.metadata)] == []
