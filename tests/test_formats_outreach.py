"""The format `outreach`: who was contacted, when and with which play. Files are made."""

import io
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import config
from orchestration.errors import ConfigError
from orchestration.formats.tabular import NO_ID
from tests.exports_in.inbox import Inbox
from tests.exports_in.mapped import json_lines, write_parquet

SOURCE = '[[sources]]\nname = "log"\nformat = "outreach"\npath = "exports"\n'
FOUND = "member_id, cast(_at as varchar), play, channel"


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", SOURCE)


def test_a_contact_is_read_with_the_usual_names_of_columns(inbox):
    inbox.put(
        "log.csv",
        "member,contacted_at,play,channel\nslack:U1,2024-01-05T10:00:00+01:00,welcome,mail\nslack:U2,2024-01-06,,\n",
    )
    inbox.pull()
    assert inbox.rows("outreach_contacts", FOUND) == [
        ("slack:U1", "2024-01-05 09:00:00", "welcome", "mail"),
        ("slack:U2", "2024-01-06 00:00:00", None, None),
    ]


def test_play_and_channel_may_be_missing_but_not_where_the_config_names_them(inbox):
    inbox.put("log.csv", "member,contacted_at\nslack:U1,2024-01-05\n")
    inbox.pull()
    assert inbox.rows("outreach_contacts", "member_id, play, channel") == [("slack:U1", None, None)]
    inbox.configure(f'{SOURCE}[sources.columns]\nplay = "campaign"\n')
    inbox.pull()
    assert inbox.reasons() == {"log.csv": "no such column: play = 'campaign'; found: member, contacted_at"}


OTHER = '[[sources]]\nname = "slack"\nformat = "slack"\npath = "exports"\n'


def test_ids_of_one_source_get_its_name_before_them(inbox):
    inbox.configure(
        f'{SOURCE}members_of = "slack"\n[sources.columns]\nmember = "user.id"\ncontacted_at = "sent"\n{OTHER}'
    )
    inbox.put("log.jsonl", json_lines({"user": {"id": "U1"}, "sent": "2024-01-05", "play": "offer"}))
    write_parquet(inbox.exports / "log.parquet", {"user.id": ["U2"], "sent": [datetime(2024, 1, 6)], "channel": ["dm"]})
    inbox.pull()
    assert inbox.rows("outreach_contacts", FOUND) == [
        ("slack:U1", "2024-01-05 00:00:00", "offer", None),
        ("slack:U2", "2024-01-06 00:00:00", None, "dm"),
    ]


def test_columns_may_be_numbers(inbox):
    inbox.configure(f"{SOURCE}header = false\n[sources.columns]\nmember = 2\ncontacted_at = 1\nplay = 3\n")
    inbox.put("log.csv", "2024-01-05,slack:U1,poll\n")
    inbox.pull()
    assert inbox.rows("outreach_contacts", FOUND) == [("slack:U1", "2024-01-05 00:00:00", "poll", None)]


def test_bad_rows_are_told_each_with_its_reason(inbox):
    rows = {
        "slack:U1,2024-01-05": None,
        ",2024-01-05": "member: missing",
        "U1,2024-01-05": "member: expected <source>:<id> (or name the source in members_of), found U1",
        "slack:U1,": "contacted_at: missing",
        "slack:U1,soon": "contacted_at: expected an instant, found soon",
        "slack:U1,1980-01-01": "instant before 1990: 1980-01-01 00:00:00",
        "slack:U1": "line 8: missing columns: Expected Number of Columns: 2 Found: 1",
    }
    inbox.put("log.csv", "member,contacted_at\n" + "\n".join(rows) + "\n")
    inbox.pull()
    assert inbox.reasons() == {line: reason for line, reason in enumerate(rows.values(), 2) if reason}
    assert len(inbox.rows("outreach_contacts", "1")) == 1


@pytest.mark.parametrize("source", ["Slack", "slack'; drop table x", "", "slakc"])
def test_members_of_is_the_name_of_a_source(inbox, source):
    with pytest.raises(ConfigError, match="sources.log.members_of"):
        inbox.configure(f'{SOURCE}members_of = "{source}"\n')


def test_a_log_shows_nothing_of_what_members_do(inbox):
    from orchestration import formats

    its_format = formats.get("outreach")
    (source,) = config.load(inbox.config_file).sources
    assert not any(vars(its_format.observes(its_format.options(source.options))).values())


ids = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
members = ids.filter(lambda text: text not in NO_ID)
contacts = st.tuples(
    members, st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)), st.none() | ids, st.none() | ids
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(contacts, min_size=1, max_size=8), st.randoms(use_true_random=False), st.sampled_from(["csv", "jsonl"]))
def test_any_log_is_read_as_it_was_written(tmp_path_factory, made, random, kind):
    """However it is spread over files, shuffled and repeated."""
    import csv

    inbox = Inbox(tmp_path_factory.mktemp("log"), f'{SOURCE}members_of = "slack"\n{OTHER}')
    spread = [[], []]
    for contact in random.sample(made, len(made)) + random.choices(made, k=2):
        random.choice(spread).append(contact)
    names = ("member", "contacted_at", "play", "channel")
    # A file of lines without a line is unreadable, and has a test of its own.
    for place, some in enumerate(filter(None, spread)):
        rows = [dict(zip(names, (who, at.isoformat(), *rest), strict=True)) for who, at, *rest in some]
        if kind == "csv":
            out = io.StringIO(newline="")
            writer = csv.DictWriter(out, names, lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
            inbox.put(f"log-{place}.csv", out.getvalue())
        else:
            inbox.put(f"log-{place}.jsonl", json_lines(*rows))
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert result.total("rows_loaded") == sum(map(len, spread))
    assert set(inbox.rows("outreach_contacts", "member_id, _at, play, channel")) == {
        (f"slack:{who}", *rest) for who, *rest in made
    }
