"""The independent reading of Slack exports: a small one made here."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.independent import dump
from tests.independent.slack import instant, read_slack

# 2024-01-01 00:00:00 UTC, a Monday.
MONDAY = 1704067200


def ts(seconds: int, micros: int = 0) -> str:
    """A Slack ts so many seconds into Monday."""
    return f"{MONDAY + seconds}.{micros:06d}"


def moment(seconds: int) -> datetime:
    """The same as an instant."""
    return datetime.fromtimestamp(MONDAY + seconds, UTC)


USERS = [
    {"id": "U1", "real_name": "Ann"},
    {"id": "U2", "deleted": True, "updated": MONDAY + 50},
    {"id": "U3", "is_owner": True},
    {"id": "U4"},
    {"id": "B1", "is_bot": True},
]
MESSAGES = [
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": ts(100)},
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": ts(200)},
    {
        "type": "message",
        "user": "U1",
        "ts": ts(300, 7),
        "thread_ts": ts(300, 7),
        "files": [{"mimetype": "image/png"}],
        "reactions": [
            {"name": "+1", "users": ["U2", "U9"], "count": 2},
            {"name": "+1::skin-tone-2", "users": ["U2"], "count": 1},
        ],
    },
    {"type": "message", "subtype": "thread_broadcast", "user": "U1", "ts": ts(400), "thread_ts": ts(300, 7)},
    {"type": "message", "subtype": "channel_join", "user": "U2", "ts": ts(500)},
    {"type": "message", "user": "U2", "ts": ts(600), "bot_id": "BX"},
    {"type": "message", "subtype": "bot_message", "bot_id": "BX", "ts": ts(50)},
    {"type": "message", "user": "USLACKBOT", "ts": ts(700)},
    {"type": "message", "user": "B1", "ts": ts(701)},
    {"type": "message", "subtype": "channel_topic", "user": "U3", "ts": ts(702)},
]


def write_export(folder: Path, users: list[dict], messages: list[dict]) -> Path:
    """An export folder with one channel, cut wherever the owner's zone cuts it: the file's date says nothing."""
    channel = folder / "general"
    channel.mkdir(parents=True)
    (folder / "users.json").write_text(json.dumps(users))
    (folder / "channels.json").write_text("[]")
    (channel / "2019-05-05.json").write_text(json.dumps(messages))
    (channel / "canvas_in_the_conversation.json").write_text('{"ts": "1.0"}')
    return folder


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_export(tmp_path / "export", USERS, MESSAGES)


def test_ts_is_parsed_exactly():
    assert instant("1704067200.000001") == datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert instant("1704067199.999999").microsecond == 999999


def test_acts(export: Path):
    acts = read_slack(export).interactions
    found = sorted((a.interaction_type, a.member_id, a.occurred_at.timestamp() - MONDAY) for a in acts)
    # No act: joins, the bot message, U2's message through a bot, Slackbot's, the bot user's, the topic.
    assert found == [
        ("post", "slack:U1", pytest.approx(300.000007)),
        ("reaction", "slack:U2", pytest.approx(300.000007)),
        ("reaction", "slack:U2", pytest.approx(300.000007)),
        ("reaction", "slack:U9", pytest.approx(300.000007)),
        ("reply", "slack:U1", 400),
    ]
    assert {a.time_precision for a in acts if a.interaction_type == "reaction"} == {"inherited"}
    (reply,) = [a for a in acts if a.interaction_type == "reply"]
    assert reply.thread_id == reply.parent_id == f"slack:general:{ts(300, 7)}"
    assert [a.content_type for a in acts if a.interaction_type == "post"] == ["image"]


def test_members(export: Path):
    members = {m.native_id: m for m in read_slack(export).members}
    joined = {name: (m.joined_at, m.joined_at_is_inferred) for name, m in members.items()}
    first_act = instant(ts(300, 7))
    assert joined == {
        "U1": (moment(100), False),  # the earliest channel_join
        "U2": (first_act, True),  # a reaction, inherited, before the join
        "U3": (moment(702), True),  # seen in a system message only
        "U4": (moment(50), True),  # in no message: the first instant of the exports, a bot's message
        "U9": (first_act, True),  # not in the list, seen as a reactor
        "B1": (moment(701), True),
        "USLACKBOT": (moment(700), True),
    }
    # Deactivated at 50, but acted at 300: gone from then on.
    assert [name for name, m in members.items() if m.left_at] == ["U2"] and members["U2"].left_at == first_act
    assert {name for name, m in members.items() if m.is_bot} == {"B1", "USLACKBOT"}
    assert {name for name, m in members.items() if m.is_official} == {"U3"}


def test_of_two_exports_the_later_holds(export: Path, tmp_path: Path):
    # The later export has lost the reactions, gained a message and an account that says nothing.
    message = {"type": "message", "user": "U1", "ts": ts(300, 7)}
    more = {"type": "message", "user": "U4", "ts": ts(900)}
    later = write_export(tmp_path / "later", [*USERS, {"id": "U5"}], [message, more])
    archive = tmp_path / "later.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in later.rglob("*.json"):
            packed.write(file, Path("inner") / file.relative_to(later))
    for order in ([export, archive], [archive, export]):
        rows = read_slack(order)
        assert sorted(a.interaction_type for a in rows.interactions) == ["post", "post", "reply"]
        members = {m.native_id: m for m in rows.members}
        # New in the later list, not seen: joined at the newest instant of the export before.
        assert (members["U5"].joined_at, members["U5"].joined_at_is_inferred) == (moment(702), True)
        assert members["U4"].joined_at == moment(900)


def test_dump(export: Path, tmp_path: Path):
    out = tmp_path / "out.json"
    dump.main([str(export), str(out), "--from", "2024-01-03", "--to", "2024-01-08"])
    reports = json.loads(out.read_text())
    assert [r["week_start"] for r in reports["report_activity"]] == ["2024-01-01", "2024-01-08"] * 2
    # U1, U4 and U9 are members (U2 left, U3 is the owner); U1 and U9 acted.
    first = reports["report_activity"][0]
    assert [first[c] for c in ("members", "active_members", "left_members")] == [3, 2, 1]
