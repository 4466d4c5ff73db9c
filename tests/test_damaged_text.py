"""Damage that a reader would pass over, or blame on the whole file: half characters, giant lines, stray quotes."""

from __future__ import annotations

import json

import pytest

from orchestration.formats.damaged_text import line_longer_than, lines_within_quotes, with_whole_characters
from tests.exports_in.inbox import Inbox

SOURCE = '[[sources]]\nname = "here"\nformat = "{}"\npath = "exports"\n'
TABLE = SOURCE.format("table") + '[sources.columns]\nid = "id"\nmember = "member"\nat = "at"\ntype = "type"\n'
HEAD = "id,member,at,type\n"


def row(number: int, member: str = "m") -> str:
    return f"{number},{member},2026-01-05 10:00,post\n"


def quarantined(inbox: Inbox) -> list[tuple[int, str]]:
    folder = inbox.home.quarantine / inbox.source
    found = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    return [(entry["row"], entry["reason"]) for entry in found]


# -- half characters --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"cut \ud83d"', "cut \ufffd"),
        (r'"\ude00 cut"', "\ufffd cut"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"whole \ud83d\ude00"', "whole \U0001f600"),
        (r'"a backslash \\ud83d"', r"a backslash \ud83d"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"\uD83D\u0041"', "\ufffdA"),
    ],
)
def test_half_a_character_becomes_the_replacement_and_no_other_byte_changes(tmp_path, written, read):
    path = tmp_path / "in.json"
    path.write_text(written, encoding="utf-8")
    mended = with_whole_characters(path, tmp_path / "out.json")
    assert json.loads(mended.read_text(encoding="utf-8")) == read
    assert path.read_text(encoding="utf-8") == written
    assert (mended == path) == ("\ufffd" not in read)


def test_a_chat_with_half_a_character_in_it_is_read(tmp_path):
    inbox = Inbox(tmp_path / "community", SOURCE.format("telegram"))
    message = {"type": "message", "date": "x", "from": "A", "from_id": "user1"}
    rows = [message | {"id": n, "date_unixtime": str(1767600000 + n), "text": f"TEXT{n}"} for n in (1, 2)]
    chat = json.dumps({"name": "G", "type": "private_group", "id": 1, "messages": rows})
    inbox.put("result.json", chat.replace("TEXT1", "cut \\ud83d"))
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_loaded")) == (2, 2)


# -- giant lines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lengths", "line"), [([5, 40, 5], 2), ([40], 1), ([5, 5, 40], 3), ([30, 30], None), ([], None)]
)
def test_the_first_line_that_is_too_long_is_named(tmp_path, lengths, line):
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"x" * (length << 20) + b"\n" for length in lengths))
    assert line_longer_than(path, 32 << 20) == line


def test_a_dump_with_a_line_that_no_buffer_holds_is_told(tmp_path):
    inbox = Inbox(tmp_path / "community", SOURCE.format("stackexchange"))
    post = '  <row Id="{}" PostTypeId="1" CreationDate="2026-01-05T10:00:00" OwnerUserId="1" Body="{}" />\n'
    rows = [post.format(1, "x"), post.format(2, "x" * (33 << 20)), post.format(3, "x")]
    inbox.put("Posts.xml", '<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(rows) + "</posts>\n")
    inbox.pull()
    [(_, reason)] = quarantined(inbox)
    assert "line 4 is longer than 16 MB" in reason


# -- stray quotes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "loaded", "lost"),
    [
        ([row(1), '2,"m,2026-01-05 10:00,post\n', row(3), row(4)], 1, [3, 4, 5]),
        ([row(1), '2,"m,2026-01-05 10:00,post\n', row(3), '4,m"x,2026-01-05 10:00,post\n', row(5)], 2, [3, 4, 5]),
        ([row(1), '2,"m ""n"",2026-01-05 10:00,post\n', row(3)], 1, [3, 4]),
        ([row(1), '2,"m\nn",2026-01-05 10:00,post\n', row(3)], 3, []),
    ],
)
def test_every_line_that_a_stray_quote_swallows_is_quarantined(tmp_path, lines, loaded, lost):
    inbox = Inbox(tmp_path / "community", TABLE)
    inbox.put("acts.csv", HEAD + "".join(lines))
    result = inbox.pull()
    assert (result.total("rows_loaded"), result.total("rows_quarantined")) == (loaded, len(lost))
    found = quarantined(inbox)
    assert [line for line, _ in found] == lost
    assert all("within the quote that opens in line 3" in reason for _, reason in found[1:])


def test_a_quote_that_swallows_more_than_is_shown_of_it_counts_all_lines(tmp_path):
    inbox = Inbox(tmp_path / "community", TABLE)
    inbox.put("acts.csv", HEAD + '1,"m,2026-01-05 10:00,post\n' + "".join(row(n) for n in range(2, 5001)))
    result = inbox.pull()
    assert (result.total("rows_read"), result.total("rows_quarantined")) == (5000, 5000)


def test_a_row_without_such_a_quote_is_one_line(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text('1,2\n3,4"5\n6,7\n')
    assert lines_within_quotes(path, 4, ",") == 1
