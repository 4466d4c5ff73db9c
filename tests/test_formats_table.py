"""The format `table`: CSV, JSON Lines and Parquet of any platform, with a mapping of columns."""

import csv
import io
import json
import re
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration import config, formats
from orchestration.errors import ConfigError
from orchestration.exports.lake import Ledger, tables_with_rows
from orchestration.formats.tabular import NO_ID
from tests.exports_in.inbox import UTF_16, Inbox
from tests.exports_in.mapped import json_lines, table_source, write_parquet

TYPED = 'member = "who"\nat = "at"\ntype = "what"'
BARE_UTF_16 = "not UTF-8 text: it is UTF-16; save it as UTF-8"
NEW_YEAR = datetime(2024, 1, 1)


@pytest.fixture
def inbox(tmp_path):
    return Inbox(tmp_path / "community", table_source())


def read(inbox, content, source=None, name="log.csv", columns="member, cast(_at as varchar)"):
    """Rows of one file, in the order of the file."""
    if source:
        inbox.configure(source)
    inbox.put(name, content)
    inbox.pull()
    return inbox.rows("table_events", columns, "order by _row")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_delimiter_is_found_whatever_the_line_ends_are(inbox, delimiter, line_end):
    lines = ["who,at,note", "ann,2024-01-01,x", '"ben",2024-01-02,"a, b; c"']
    content = line_end.join(line.replace(",", delimiter) for line in lines)
    assert read(inbox, content) == [("ann", "2024-01-01 00:00:00"), ("ben", "2024-01-02 00:00:00")]
    assert inbox.quarantine() == []


def test_the_delimiter_that_shows_the_mapped_columns_is_the_right_one(inbox):
    assert read(inbox, "who;at;a,b,c,d,e\nann;2024-01-01;1,2,3,4,5\n", columns="member") == ["ann"]


def test_a_given_delimiter_is_obeyed(inbox):
    source = table_source(more='type = "post"\ndelimiter = "~"')
    assert read(inbox, "who~at\nann,x~2024-01-01\n", source, columns="member") == ["ann,x"]


@pytest.mark.parametrize(
    "content",
    [
        'who,at,text\nann,2024-01-01,"two\nlines, and ""quotes"""\nben,2024-01-01,x\n',
        'who,at,text\r\nann,2024-01-01,"two\nlines\r\nthree"\r\nben,2024-01-01,x\r\n',
        "\ufeffwho,at,text\nann,2024-01-01,x\nben,2024-01-01,x",
        '"who","at","te\nxt"\nann,2024-01-01,x\nben,2024-01-01,x\n',
        "\n\r\nwho,at,text\nann,2024-01-01,x\n\n\nben,2024-01-01,x\n\n",
        "who,at,text\r\nann,2024-01-01,x\nben,2024-01-01,x\r\n",
        "who,at,text\nann,2024-01-01,x\ry\nben,2024-01-01,x\n",
        "who,at,text\nann,2024-01-01,x\ty\x00\x01z\nben,2024-01-01,'; drop table mapped; --\n",
        "who,at,text,,\nann,2024-01-01,x,,\nben,2024-01-01,x,,\n",
        "who,at,Text,text,TEXT\nann,2024-01-01,1,2,3\nben,2024-01-01,1,2,3\n",
        '\ufeff"who ", at ,text\nann,2024-01-01,x\nben,2024-01-01,x\n',
        "sep=,\r\nwho,at,text\r\nann,2024-01-01,x\r\nben,2024-01-01,x\r\n",
        "SEP=;\nwho;at;a,b,c,d,who,at\nann;2024-01-01;x\nben;2024-01-01;x\n",
    ],
    ids=[
        "quoted newlines", "quoted newlines in CRLF", "byte order mark", "newline in the header", "blank lines",
        "mixed line ends", "a lone carriage return", "control characters", "columns without a name",
        "names alike but for case", "blanks around names", "a line for the separator", "which decides",
    ],
)  # fmt: skip
def test_csv_as_it_comes_is_read(inbox, content):
    assert read(inbox, content, columns="member") == ["ann", "ben"]
    assert inbox.quarantine() == []


def test_ragged_lines_go_to_quarantine_and_rows_keep_their_line_numbers(inbox):
    content = "who,at\nann\nben,2024-01-01\ncy,2024-01-01,x\ndi,2024-01-01,x,y,z\ned,yesterday\nflo,2024-01-01\n"
    assert read(inbox, content, columns="_row, member") == [(3, "ben"), (7, "flo")]
    assert inbox.reasons() == {
        2: "line 2: missing columns: Expected Number of Columns: 2 Found: 1",
        4: "line 4: too many columns: Expected Number of Columns: 2 Found: 3",
        5: "line 5: too many columns: Expected Number of Columns: 2 Found: 3",
        6: "at: expected an instant, found yesterday",
    }
    assert {entry["row"]: entry["raw"] for entry in inbox.quarantine()} == {
        2: "ann",
        4: "cy,2024-01-01,x",
        5: "di,2024-01-01,x,y,z",
        6: '{"member":"ed","written_at":"yesterday"}',
    }


def test_every_line_is_numbered_once_among_many_bad_ones(inbox):
    lines = [f"m{n},2024-01-01" + ",x" * (n % 3 == 0) + ",y" * (n % 6 == 0) for n in range(2, 500)]
    inbox.put("log.csv", "who,at\n" + "\n".join(lines))
    inbox.pull()
    assert inbox.rows("table_events", "_row, member", "order by _row") == [(n, f"m{n}") for n in range(2, 500) if n % 3]
    assert [entry["row"] for entry in inbox.quarantine()] == list(range(3, 500, 3))


def test_a_quote_that_never_ends_takes_every_line_after_it(inbox):
    assert read(inbox, 'who,at\nann,2024-01-01\nben,"2024\ncy,2024-01-01\n', columns="member") == ["ann"]
    assert inbox.reasons() == {
        3: "line 3: unquoted value: Value with unterminated quote found.",
        4: "line 4: within the quote that opens in line 3",
    }
    assert inbox.quarantine()[0]["raw"].startswith('ben,"2024')


def test_a_line_of_absurd_length_is_one_bad_row(inbox):
    assert read(inbox, "who,at\nann,2024-01-01\nben," + "x" * (17 << 20) + "\ncy,2024-01-01\n", columns="member") == [
        "ann",
        "cy",
    ]
    assert inbox.reasons()[3].startswith("line 3: line size over maximum")
    assert len(inbox.quarantine()[0]["raw"]) == 1000


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty file"),
        ("\n\r\n", "empty file"),
        ("\ufeff", "empty file"),
        ("name,at\nann,2024-01-01\n", "no such column: member = 'who'; found: name, at"),
        ("name,when\nann,2024-01-01\n", "no such column: member = 'who', at = 'at'; found: name, when"),
        ("Who,At\nann,2024-01-01\n", "no such column: member = 'who', at = 'at'; found: Who, At"),
        ("who,at,who\nann,2024-01-01,x\n", "the first line names a column twice: member = 'who'; found: who, at, who"),
        ("who,at\nännä,2024-01-01\n".encode("latin-1"), "not UTF-8 text (near byte 7)"),
        ("who,at\n".encode("utf-16"), UTF_16),
        # Without a byte order mark; bytes of the first are UTF-8 by the letter, those of the others are not.
        ("who,at\nann,2024-01-01\n".encode("utf-16-le"), BARE_UTF_16),
        ("who,at\nänn,2024-01-01\n".encode("utf-16-be"), BARE_UTF_16),
        ("who,at\n一一一一,2024-01-01\n".encode("utf-16-le"), BARE_UTF_16),
        ("who,at\x00\nann,2024-01-01\n", "no such column: at = 'at'; found: who, at\x00"),
        (b"PK\x03\x04\xff", "not UTF-8 text (near byte 4): it is a spreadsheet (save it as CSV UTF-8) or an archive"),
        (b"\xd0\xcf\x11\xe0", "not UTF-8 text (near byte 0): it is an old spreadsheet; save it as CSV UTF-8"),
        (b"PAR1\xff", "not UTF-8 text (near byte 4): it is Parquet; name it .parquet"),
        ("x" * 200_000 + "\n", "the first line cannot be cut into columns: field larger than field limit (131072)"),
    ],
)
def test_a_file_that_is_no_such_table_is_told_and_the_rest_goes_on(inbox, content, reason):
    inbox.put("good.csv", "who,at\nann,2024-01-01\n")
    inbox.put("bad.csv", content)
    inbox.pull()
    account = inbox.account("bad.csv")
    assert (account.outcome, account.reason, account.rows_read) == ("unreadable", reason, 1)
    assert inbox.rows("table_events", "member") == ["ann"]


def test_a_header_alone_is_a_file_without_rows(inbox):
    assert read(inbox, "who,at\n") == []
    assert inbox.account("log.csv").outcome == "loaded"


def test_without_a_header_columns_go_by_number(inbox):
    source = table_source("member = 2\nat = 1", 'type = "post"\nheader = false')
    rows = read(inbox, "2024-01-01,ann,x\n2024-01-02,ben\n2024-01-03,cy,x\n", source, columns="_row, member")
    assert rows == [(1, "ann"), (3, "cy")]
    inbox.put("short.csv", "ann\n")
    inbox.pull()
    assert inbox.reasons()["short.csv"] == "no column 2: the first line has 1"


def test_a_column_by_number_works_with_a_header_too(inbox):
    assert read(inbox, "x,who,at\n1,ann,2024-01-01\n", table_source('member = 2\nat = "at"'), columns="member") == [
        "ann"
    ]


def test_blank_separated_columns(inbox):
    source = table_source(
        "member = 2\nat = 1", 'type = "post"\nheader = false\ndelimiter = "whitespace"\ninstants = "%Y%m%d"'
    )
    content = " 20240101  00001 \t 2\r\n20240102 00002 1\n\n20240103 00003\n\t20240104 00004 1\n"
    assert read(inbox, content, source, "log.txt", "_row, member, cast(_at as varchar)") == [
        (1, "00001", "2024-01-01 00:00:00"),
        (2, "00002", "2024-01-02 00:00:00"),
        (5, "00004", "2024-01-04 00:00:00"),
    ]
    assert [(e["row"], e["reason"], e["raw"]) for e in inbox.quarantine()] == [
        (4, "expected 3 columns, found 2", "20240103 00003")
    ]


def test_blank_separated_columns_with_a_header(inbox):
    source = table_source(more='type = "post"\ndelimiter = "whitespace"')
    assert read(inbox, "\n at   who\n2024-01-01 ann\n", source, "log.txt", "_row, member") == [(3, "ann")]


def test_json_lines_with_nested_names_and_bad_lines(inbox):
    source = table_source('member = "author.id"\nat = "at"\nid = "a\\"b"')
    content = (
        json_lines({"author": {"id": 7}, "at": "2024-01-01", 'a"b': "x"}, {"author.id": "flat", "at": 1704067200.5})
        + '\n{"author": {"id": "cut"\n[1]\n"text"\nnull\n  \t\r\n'
        + json_lines({"author": "no object", "at": "2024-01-01"}, {"author": {"id": None}, "at": "2024-01-01"})
        + '{"author": {"id": "last"}, "at": "2024-01-01"}'
    )
    assert read(inbox, content, source, "log.jsonl", "_row, member, id, cast(_at as varchar)") == [
        (1, "7", "x", "2024-01-01 00:00:00"),
        (2, "flat", None, "2024-01-01 00:00:00.5"),
        (11, "last", None, "2024-01-01 00:00:00"),
    ]
    bad = "expected a JSON object on the line"
    assert inbox.reasons() == {4: bad, 5: bad, 6: bad, 7: bad, 9: "member: missing", 10: "member: missing"}
    assert inbox.quarantine()[0]["raw"] == '{"author": {"id": "cut"'


def test_lists_and_objects_in_json_are_no_ids(inbox):
    """Neither are they kinds or instants; a text that looks like one is a text."""
    source = table_source('member = "author"\nat = "at"\nparent = "re.id"', 'type = "post"')
    good = {"author": "[ann]", "at": "2024-01-01"}
    rows = [
        good,
        good | {"author": {"id": 7}},
        good | {"author": ["ann"]},
        good | {"re": {"id": {"n": 1}}},
        good | {"re": {"id": "{1}"}},
        good | {"re.id": None, "re": {"id": [1]}},
        good | {"at": [2024, 1, 1]},
    ]
    assert read(inbox, json_lines(*rows), source, "log.jsonl", "_row, member, parent") == [
        (1, "[ann]", None),
        (5, "[ann]", "{1}"),
    ]
    an_object = "expected a text or a number, found an object (a value within it is named with a dot, as in author.id)"
    a_list = "expected a text or a number, found a list"
    assert inbox.reasons() == {
        2: f"member: {an_object}",
        3: f"member: {a_list}",
        4: f"parent: {an_object}",
        6: f"parent: {a_list}",
        7: f"at: {a_list}",
    }
    assert inbox.quarantine()[0]["raw"] == '{"member":"{\\"id\\":7}","written_at":"2024-01-01","parent":null}'


def test_a_parquet_file_with_lists_for_ids_is_told(inbox):
    for name, values in {"list": [["ann"]], "object": [{"id": 1}], "text": ["ann"]}.items():
        write_parquet(inbox.exports / f"{name}.parquet", {"who": values, "at": ["2024-01-01"]})
    inbox.pull()
    assert inbox.rows("table_events", "member") == ["ann"]
    assert inbox.reasons() == {
        "list.parquet": "member = 'who': expected a text or a number, found VARCHAR[]",
        "object.parquet": "member = 'who': expected a text or a number, found STRUCT(id BIGINT)",
    }


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_whole_numbers_that_became_fractions_are_the_ids_they_were(inbox, kind):
    """As where a column of whole numbers has a gap. A number that was shortened is nobody's id."""
    inbox.configure(table_source('member = "who"\nat = "at"\nparent = "re"'))
    rows = [(7.0, None), (8.0, 17.0), (1.5, 1e14), (9.0, 1.04467e17), (1e16, 3.0)]
    names = ("who", "at", "re")
    if kind == "csv":
        lines = [f"{who},2024-01-01,{'' if answers is None else f' {answers} '}" for who, answers in rows]
        inbox.put("log.csv", "who,at,re\n" + "\n".join(lines))
    elif kind == "jsonl":
        inbox.put(
            "log.jsonl",
            json_lines(*(dict(zip(names, (who, "2024-01-01", answers), strict=True)) for who, answers in rows)),
        )
    else:
        columns = zip(*((who, "2024-01-01", answers) for who, answers in rows), strict=True)
        write_parquet(inbox.exports / "log.parquet", dict(zip(names, columns, strict=True)))
    inbox.pull()
    assert inbox.rows("table_events", "member, parent") == [("1.5", "100000000000000"), ("7", None), ("8", "17")]
    parent, member = inbox.reasons().values()
    assert re.fullmatch(r"parent: .* is a number without its last digits: export it as text", parent)
    assert re.fullmatch(r"member: .* is a number without its last digits: export it as text", member)


def test_ids_as_spreadsheets_and_texts_have_them(inbox):
    whos = ["1.04467E+17", "1,04467E+17", "007", "1E5", "1.0.0", "v1.0", "1.00", "1+1", "1604234567.000100"]
    lines = "".join(f"{who};2024-01-01\n" for who in whos)
    assert read(inbox, f"who;at\n{lines}", columns="member") == whos[2:]
    assert list(inbox.reasons()) == [2, 3]


def test_words_for_nothing_are_no_ids(inbox):
    """As pandas and databases write them: else all rows without a member would be those of one who is very active."""
    source = table_source('member = "who"\nat = "at"\nparent = "re"\ncontent_type = "kind"')
    whos = ["NULL", "NaN", " None", "N/A", "Null", "Nan", "NONE", "n/a", "null", "ann"]
    lines = "".join(f"{who},2024-01-01,NULL,None\n" for who in whos)
    found = read(inbox, f"who,at,re,kind\n{lines}", source, columns="member, parent, content_type")
    assert found == [(who, None, "None") for who in whos[4:]]
    assert inbox.reasons() == dict.fromkeys((2, 3, 4, 5), "member: missing")


def test_words_for_nothing_are_names_where_nothing_can_be_said_otherwise(inbox):
    assert read(inbox, json_lines({"who": "None", "at": "2024-01-01"}), name="log.jsonl", columns="member") == ["None"]


@pytest.mark.parametrize("line_ends", [("\n", "\n"), ("\r\n", "\r\n"), ("\r\n", "\n"), ("\n", "\r\n")])
def test_json_lines_with_any_line_ends(inbox, line_ends):
    rows = [json.dumps({"who": who, "at": "2024-01-01"}) for who in ("ann", "ben")]
    content = "\ufeff" + "".join(row + end for row, end in zip(rows, line_ends, strict=True))
    assert read(inbox, content, name="log.ndjson", columns="_row, member") == [(1, "ann"), (2, "ben")]


def test_json_lines_have_no_numbered_columns(inbox):
    read(inbox, json_lines({"who": "ann"}), table_source('member = 1\nat = "at"'), "log.jsonl")
    assert inbox.reasons() == {"log.jsonl": "JSON Lines have no column 1: name the columns"}


def test_broken_parquet_is_told(inbox):
    path = inbox.exports / "log.parquet"
    write_parquet(path, {"who": ["ann"], "at": ["2024-01-01"]})
    whole = path.read_bytes()
    for name, content in {
        "half": whole[:40],
        "text": b"who,at\n",
        "no-column": None,
        "flipped": whole[:4] + b"\xff" * 60 + whole[64:],
    }.items():
        if content is None:
            write_parquet(inbox.exports / f"{name}.parquet", {"name": ["ann"]})
        else:
            inbox.put(f"{name}.parquet", content)
    inbox.pull()
    reasons = inbox.reasons()
    assert reasons["no-column.parquet"] == "no such column: member = 'who', at = 'at'; found: name"
    assert reasons["half.parquet"].startswith("cannot be read as parquet: ")
    assert reasons["text.parquet"].startswith("cannot be read as parquet: ")
    assert reasons["flipped.parquet"].startswith("cannot be read as parquet: ")
    assert inbox.rows("table_events", "member") == ["ann"]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("folder", ["a[b]*", "week=2024-01-01", "it's"])
def test_hostile_folder_names_are_names_and_nothing_else(inbox, kind, folder):
    for place, who in ((folder, "ann"), ("ab", "decoy")):
        if kind == "parquet":
            write_parquet(inbox.exports / place / "log.parquet", {"who": [who], "at": ["2024-01-01"]})
        elif kind == "csv":
            inbox.put(f"{place}/log.csv", f"who,at\n{who},2024-01-01\n")
        else:
            inbox.put(f"{place}/log.jsonl", json_lines({"who": who, "at": "2024-01-01"}))
    inbox.pull()
    assert dict(inbox.rows("table_events", "member, _file")) == {
        "ann": f"{folder}/log.{kind}",
        "decoy": f"ab/log.{kind}",
    }


def test_only_tables_are_read(inbox):
    inbox.put("notes.md", "hello")
    inbox.put("._log.csv", b"\x00\x05\x16\x07")
    inbox.put("LOG.CSV", "who,at\nann,2024-01-01\n")
    result = inbox.pull()
    assert (result.count("unused"), result.count("loaded")) == (2, 1)


def test_types_are_mapped_and_unknown_ones_are_quarantined(inbox):
    source = table_source(TYPED, "", '[sources.types]\ncomment = "reply"\n"it\'s in" = "join"\nJoin = "attend"')
    kinds = ["comment", "post", " POST ", "it's in", "Join", "join", "leave", "shout", "", "Comment", " comment"]
    content = "who,at,what\n" + "".join(f"ann,2024-01-01,{kind}\n" for kind in kinds)
    assert read(inbox, content, source, columns="_row, type") == [
        (2, "reply"), (3, "post"), (4, "post"), (5, "join"), (6, "attend"), (7, "join"), (8, "leave"), (12, "reply"),
    ]  # fmt: skip
    assert inbox.reasons() == {
        9: "type: unknown value shout (map it in types)",
        10: "type: unknown value null (map it in types)",
        11: "type: unknown value comment (map it in types)",
    }


def test_every_column_of_an_act_is_read_and_ids_are_trimmed(inbox):
    fields = ["id", "container", "content", "parent", "thread", "target", "content_type"]
    source = table_source(TYPED + "".join(f'\n{field} = "{field}"' for field in fields), "")
    content = (
        f"who,at,what,{','.join(fields)}\n"
        f" ann ,2024-01-01,reply,{','.join(field[:3] for field in fields)}\n"
        "ben,2024-01-01,post,,,,,,,\n"
    )
    assert read(inbox, content, source, columns=f"member, {', '.join(fields)}") == [
        ("ann", *(field[:3] for field in fields)),
        ("ben", *[None] * 7),
    ]
    assert {name: inbox.described("table_events")[name] for name in ("member", "time_precision")} == {
        "member": "VARCHAR",
        "time_precision": "VARCHAR",
    }


def test_a_member_is_required(inbox):
    assert read(inbox, 'who,at\n,2024-01-01\n"  ",2024-01-01\n0,2024-01-01\n', columns="member") == ["0"]
    assert inbox.reasons() == {2: "member: missing", 3: "member: missing"}


MEMBERS = """
[sources.members]
file = "members.csv"
member = "id"
name = "name"
joined_at = "joined"
left_at = "left"
is_bot = "bot"
is_official = "staff"
"""


def test_the_member_list_is_the_file_that_the_config_names(inbox):
    inbox.configure(table_source(more='type = "post"\ntimezone = "Europe/Berlin"', after=MEMBERS))
    inbox.put("2024/log.csv", "who,at\nann,2024-01-15\n")
    inbox.put(
        "2024/members.csv",
        "id,name,joined,left,bot,staff\n"
        " ann ,Ann,2024-01-01,,yes,0\n"
        "ben,,,2024-01-02 12:00,,TRUE\n"
        ",Nobody,,,,\n"
        "cy,Cy,someday,,,\n"
        "di,Di,,someday,,\n"
        "ed,Ed,9999-12-31,,,\n"
        "flo,Flo,,1900-01-01,,\n"
        "gus,Gus,infinity,,,\n",
    )
    inbox.pull()
    columns = "member, member_name, cast(joined_at as varchar), cast(left_at as varchar), is_bot, is_official"
    assert inbox.rows("table_members", columns) == [
        ("ann", "Ann", "2023-12-31 23:00:00", None, True, False),
        ("ben", None, None, "2024-01-02 11:00:00", False, True),
    ]
    assert inbox.reasons() == {
        4: "member: missing",
        5: "joined_at: expected an instant, found someday",
        6: "left_at: expected an instant, found someday",
        7: "joined_at: instant in the future: 9999-12-30 23:00:00",
        8: "left_at: instant before 1990: 1899-12-31 23:00:00",
        9: "joined_at: instant in the future: infinity",
    }
    assert inbox.weeks("table_members") == ["2024-01-08"], "midnight in Berlin is Sunday in UTC"
    (export,) = Ledger(inbox.home, "group").exports()
    assert export.has_member_list


def test_a_member_list_says_yes_or_no_in_words_that_are_known(inbox):
    """An unknown word would make members of bots."""
    inbox.configure(table_source(after=MEMBERS))
    yes, no = ("true", "T", "Yes", "y", "1", "1.0"), ("false", "F", "No", "n", "0", "0.0", "", "  ")
    odd = ("maybe", "2", "ja", "null")
    rows = [f"{number},,,,{word},no" for number, word in enumerate((*yes, *no, *odd))]
    inbox.put("members.csv", "\n".join(["id,name,joined,left,bot,staff", *rows, "last,,,,,boss", ""]))
    inbox.put("log.csv", "who,at\n1,2024-01-15\n")
    inbox.pull()
    found = inbox.rows("table_members", "is_bot", "order by cast(member as int)")
    assert found == [True] * len(yes) + [False] * len(no)
    reasons = list(inbox.reasons().values())
    assert reasons == [
        *(f"is_bot: expected yes or no (true, 1, false, 0), found {word}" for word in odd),
        "is_official: expected yes or no (true, 1, false, 0), found boss",
    ]


def test_a_member_list_may_be_named_by_a_pattern_and_be_json(inbox):
    inbox.configure(table_source(after='[sources.members]\nfile = "members-*.jsonl"\nmember = "user.id"'))
    inbox.put("members-1.jsonl", json_lines({"user": {"id": 1}}, {"user": {"id": 2}}))
    inbox.put("log.csv", "who,at\n1,2024-01-15\n")
    inbox.pull()
    assert inbox.rows("table_members", "member, is_bot") == [("1", False), ("2", False)]
    assert inbox.rows("table_events", "member") == ["1"]


def test_attributes_are_what_the_list_says_of_a_member(inbox):
    """Blank is unknown; long texts are cut; nothing in a value is taken for JSON or SQL."""
    nasty = """a "b" {c} \\ '); drop table mapped; --"""
    source = table_source(
        after='[sources.members]\nfile = "members.jsonl"\nmember = "id"\n'
        '[sources.members.attributes]\ncountry = "land.code"\nleft_at = "plan"'
    )
    inbox.configure(source)
    rows = [
        {"id": 1, "land": {"code": "DE"}, "plan": nasty},
        {"id": 2, "land": {"code": "  "}, "plan": "x" * 5000},
        {"id": 3, "land": 7},
        {"id": 4, "land": {"code": ["DE", "AT"]}},
    ]
    inbox.put("members.jsonl", json_lines(*rows))
    inbox.put("log.jsonl", json_lines({"who": 1, "at": "2024-01-01"}))
    inbox.pull()
    assert [json.loads(text) for text in inbox.rows("table_members", "attributes", "order by member")] == [
        {"country": "DE", "left_at": nasty},
        {"country": None, "left_at": "x" * 100},
        {"country": None, "left_at": None},
        {"country": '["DE","AT"]', "left_at": None},
    ]
    assert inbox.quarantine() == []


def test_a_list_without_mapped_attributes_has_none(inbox):
    inbox.configure(table_source(after='[sources.members]\nfile = "members.csv"\nmember = "id"'))
    inbox.put("members.csv", "id,land\n1,DE\n")
    inbox.put("log.csv", "who,at\n1,2024-01-01\n")
    inbox.pull()
    assert inbox.rows("table_members", "attributes") == [None]


def seen_in(observes):
    return {name for name, seen in vars(observes).items() if seen}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (table_source(), set()),
        (table_source(more='type = "view"'), {"views"}),
        (table_source(TYPED, ""), {"reactions"}),
        # What is not mapped passes by its own name, a reaction too.
        (
            table_source(TYPED, "", '[sources.types]\na = "join"\nb = "leave"\nc = "view"'),
            {"joins", "leaves", "views", "reactions"},
        ),
        (table_source('member = "a"\nat = "b"\nparent = "c"'), {"threads"}),
        (table_source(after=MEMBERS), {"joins", "leaves", "members"}),
        (table_source(more='type = "post"\nobserves = ["views", "joins"]'), {"views", "joins"}),
    ],
)
def test_what_a_source_shows_follows_from_its_mapping(inbox, source, shown):
    inbox.configure(source)
    (found,) = config.load(inbox.config_file).sources
    its_format = formats.get("table")
    assert seen_in(its_format.observes(its_format.options(found.options))) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        # Words that are called here what they are called there need no mapping.
        (table_source(TYPED, "", '[sources.types]\ncomment = "reply"'), {"views", "reactions", "joins", "leaves"}),
        (table_source(TYPED, ""), {"views", "reactions", "joins", "leaves"}),
        (table_source(TYPED, "", '[sources.types]\nview = "share"'), {"reactions", "joins", "leaves"}),
        # `observes` knows better: what it leaves out is in the export in part only.
        (table_source(TYPED, 'observes = ["threads"]'), {"threads"}),
        (table_source(TYPED, "observes = []"), set()),
        (table_source(), set()),
    ],
)
def test_what_a_source_shows_is_in_its_rows_too(inbox, source, shown):
    inbox.configure(source)
    its_format = formats.get("table")
    (found,) = config.load(inbox.config_file).sources
    options = its_format.options(found.options)

    def seen():
        tables = tables_with_rows(inbox.home, "group", its_format.told_by)
        return seen_in(its_format.observes_in(options, tables))

    inbox.put("1.csv", "who,at,what\nann,2024-01-01,post\n")
    inbox.pull()
    assert seen() == seen_in(its_format.observes(options))
    inbox.put("2.csv", "who,at,what\n" + "ann,2024-02-01,view\nann,2024-02-01,JOIN\nann,2024-02-01,leave\n")
    inbox.pull()
    assert seen() == shown


cells = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6).filter(
    # Blanks around a name are not part of it; DuckDB takes every Unicode space for one.
    lambda text: text.strip() == text and text not in NO_ID
)
acts = st.tuples(
    cells,
    st.datetimes(datetime(1990, 1, 1), datetime(2024, 1, 1)),
    st.sampled_from(["post", "reply", "join"]),
    st.none() | cells,
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(acts, max_size=12), st.randoms(use_true_random=False), st.sampled_from(["csv", "jsonl", "parquet"]))
def test_any_table_is_read_as_it_was_written(tmp_path_factory, rows, random, kind):
    """However its rows are spread over files, shuffled and repeated, and whatever else stands beside them."""
    inbox = Inbox(tmp_path_factory.mktemp("table"), table_source(TYPED + '\nid = "id"', ""))
    spread = [[], [], []]
    for row in random.sample(rows, len(rows)) + (random.choices(rows, k=2) if rows else []):
        random.choice(spread).append(row)
    for number, some in enumerate(spread):
        given_rows = [
            dict(zip(("who", "at", "what", "id", "text"), (who, at.isoformat(), *rest), strict=True))
            for who, at, *rest in some
        ]
        name = f"part-{number}.{kind}"
        if kind == "csv":
            out = io.StringIO(newline="")
            ends, delimiter = random.choice(["\n", "\r\n", "\r"]), random.choice(",;\t|")
            names = ["who", "at", "what", "id", "text"]
            writer = csv.DictWriter(out, names, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(given_rows)
            inbox.put(name, out.getvalue())
        elif kind == "jsonl":
            if given_rows:  # without a line it is an empty file, which is told
                inbox.put(name, json_lines(*given_rows))
        else:
            columns = {
                key: pa.array([row[key] for row in given_rows], pa.string()) for key in ("who", "at", "what", "id")
            }
            write_parquet(inbox.exports / name, columns)
    result = inbox.pull()
    assert inbox.quarantine() == []
    assert result.total("rows_loaded") == sum(map(len, spread))
    assert set(inbox.rows("table_events", "member, _at, type, id")) == {row[:4] for row in rows}
    assert not inbox.pull().changed


def test_equal_rows_are_separate_acts_where_the_config_says_so(inbox):
    """Told apart by their place among equal rows, so that a repeated or grown export brings the same ids."""
    inbox.configure(table_source(more='type = "post"\nequal_rows = "separate"'))
    equal = "ann,2024-01-01\n"
    inbox.put("may.csv", "who,at\n" + equal * 2 + "ben,2024-01-01\n")
    inbox.pull()
    first = inbox.rows("table_events", "id")
    assert len(set(first)) == 3
    inbox.put("june.csv", "who,at\nben,2024-01-01\n" + equal * 3)
    inbox.pull()
    assert len(inbox.rows("table_events", "id")) == 7
    assert len(set(inbox.rows("table_events", "id"))) == 4


def test_rows_with_an_id_are_told_apart_by_it_alone(inbox):
    with pytest.raises(ConfigError, match="equal_rows"):
        inbox.configure(table_source('member = "who"\nat = "at"\nid = "id"', 'type = "post"\nequal_rows = "separate"'))
