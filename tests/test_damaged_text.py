"""Damage that a reader would pass over, or blame on the whole file: half characters, giant lines, stray quotes."""

from __future__ import annotations

import json

import pytest

from orchestration.formats.damaged_text import line_end, lines_longer_than, lines_within_quotes, with_whole_characters
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


@pytest.mark.parametrize("end", [b"\n", b"\r"])
@pytest.mark.parametrize(
    ("lengths", "numbers"), [([5, 40, 5, 33, 5], [2, 4]), ([40], [1]), ([5, 5, 40], [3]), ([30, 30], []), ([], [])]
)
def test_the_lines_that_are_too_long_are_found(tmp_path, lengths, numbers, end):
    path = tmp_path / "lines"
    path.write_bytes(b"".join(b"x" * (length << 20) + end for length in lengths).removesuffix(end))
    assert line_end(path) == end or len(lengths) < 2
    found = list(lines_longer_than(path, 32 << 20, end))
    assert [line.number for line in found] == numbers
    assert [line.stop - line.start for line in found] == [lengths[number - 1] << 20 for number in numbers]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "mixed"])
def test_a_line_of_json_that_is_too_long_is_one_bad_row(tmp_path, end):
    """The last of those that fit has, with its end, as many bytes as may be."""
    inbox = Inbox(tmp_path / "community", TABLE)
    act = '{{"id": {}, "member": "m", "at": "2026-01-05", "type": "post", "text": "{}"}}'
    fits = 16 * 2**20 - len(act.format(2, "")) - len(end.replace("mixed", "\n"))
    lines = [
        act.format(1, ""),
        act.format(2, "x" * fits),
        act.format(3, "x" * (fits + 1)),
        "",
        "broken",
        act.format(6, ""),
    ]
    lines += [act.format(7, "x" * (17 << 20)), act.format(8, "")]
    text = end.join(lines) if end != "mixed" else "\n".join(lines).replace("\n", "\r\n", 1)
    inbox.put("acts.jsonl", text)
    result = inbox.pull()
    assert inbox.rows("table_events", "_row, id", "order by _row") == [(1, "1"), (2, "2"), (6, "6"), (8, "8")]
    long = "line {} is longer than 16 MB"
    bad = [(3, long.format(3)), (5, "expected a JSON object on the line"), (7, long.format(7))]
    assert quarantined(inbox) == bad
    assert (result.total("rows_read"), result.total("rows_quarantined")) == (7, 3)
    assert inbox.quarantine()[0]["raw"] == lines[2][:1000]


def test_a_line_alone_that_is_too_long_is_a_file_that_cannot_be_read(tmp_path):
    inbox = Inbox(tmp_path / "community", TABLE)
    inbox.put("acts.jsonl", "[" + " " * (17 << 20) + "]")
    inbox.pull()
    assert quarantined(inbox) == [(None, "line 1 is longer than 16 MB, and there is no other")]


@pytest.mark.parametrize("header", [True, False])
def test_a_line_between_blanks_that_is_too_long_is_one_bad_row(tmp_path, header):
    source = SOURCE.format("table") + f'type = "post"\ndelimiter = "whitespace"\nheader = {str(header).lower()}\n'
    inbox = Inbox(tmp_path / "community", source + "[sources.columns]\nmember = 1\nat = 2\n")
    lines = ["who at"] * header + ["ann 2026-01-05", "x" * (17 << 20), "ben 2026-01-05"]
    inbox.put("acts.txt", "\n".join(lines))
    inbox.pull()
    assert inbox.rows("table_events", "_row, member", "order by _row") == [(1 + header, "ann"), (3 + header, "ben")]
    assert quarantined(inbox) == [(2 + header, f"line {2 + header} is longer than 16 MB")]


def test_a_first_line_between_blanks_that_is_too_long_names_no_columns(tmp_path):
    source = SOURCE.format("table") + 'type = "post"\ndelimiter = "whitespace"\n'
    inbox = Inbox(tmp_path / "community", source + '[sources.columns]\nmember = "who"\nat = "at"\n')
    inbox.put("acts.txt", "who at " + "x" * (17 << 20) + "\nwho at\nann 2026-01-05\n")
    inbox.pull()
    assert quarantined(inbox) == [(None, "the first line is longer than 1 MB")]


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
