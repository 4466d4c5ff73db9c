"""Giant JSON files are read in pieces, and mean what small ones mean."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.formats import json_files, json_lists, json_objects
from orchestration.formats.base import StagedFile

KEY = "messages"
PATHS = ("$.latest", "$.stream.posts")


def read(path: Path, key: str | None, giant: bool, monkeypatch) -> tuple:
    """The rows, the head and the reason of one file, read as a small or as a giant one."""
    with monkeypatch.context() as patched, duckdb.connect() as connection:
        patched.setattr(json_files, "GIANT_BYTES", 0 if giant else 1 << 40)
        files = [StagedFile(7, path.name, path)]
        scanned = _scanned(connection, files) if key is None else None
        unreadable = json_files.load_arrays(connection, files, key)
        rows = connection.execute("select file_no, row_no, value::varchar from json_rows order by all").fetchall()
        assert scanned in (None, (rows, unreadable))
        heads = connection.execute("select file_no, value::varchar from json_heads").fetchall() if key else []
    return [(*row[:2], json.loads(row[2])) for row in rows], [json.loads(h[1]) for h in heads], unreadable


def _scanned(connection: duckdb.DuckDBPyConnection, files: list[StagedFile]) -> tuple:
    """The rows and the reason of the same file where giant ones are not kept in a table."""
    unreadable, rows = json_files.scan_arrays(connection, files)
    found = connection.execute(f"select file_no, row_no, value::varchar from ({rows}) order by all").fetchall()
    return found, unreadable


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.text(max_size=8) | st.just('a"\\b[{\\\\"'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", KEY, 'q"\\']), inner, max_size=3),
    max_leaves=8,
)
relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@relaxed
@given(items=st.lists(values, max_size=6), cut=st.integers(0, 60), indent=st.sampled_from([None, 2]))
@example(items=[{"a": 1}, {"b": 2}], cut=1, indent=None)
@example(items=[[1], [2]], cut=1, indent=None)
def test_a_giant_list_is_read_as_a_small_one_is_whole_or_cut(items, cut, indent, tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    text = json.dumps(items, indent=indent).encode()
    for content in (text, text[: max(1, len(text) - cut)]):
        path.write_bytes(content)
        assert read(path, None, True, monkeypatch) == read(path, None, False, monkeypatch)


@relaxed
@given(
    head=st.dictionaries(st.sampled_from(["name", "x", 'q"\\']), values, max_size=3),
    items=st.lists(values, max_size=5),
    tail=st.dictionaries(st.sampled_from(["count", "end"]), values, max_size=2),
    cut=st.integers(0, 80),
)
def test_a_giant_list_under_a_key_is_read_as_a_small_one_is(head, items, tail, cut, tmp_path, monkeypatch):
    path = tmp_path / "object.json"
    text = json.dumps({**head, KEY: items, **tail}, ensure_ascii=False)
    for content in (text, text[: max(1, len(text) - cut)]):
        path.write_text(content, encoding="utf-8")
        assert read(path, KEY, True, monkeypatch) == read(path, KEY, False, monkeypatch)


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    "content",
    [
        b"{}", b"[]", b" [ ] \n", b'{"messages": {}}', b'{"messages": []}', b'{"a": {"messages": [1]}}',
        b'{"a": {"messages": [1]}, "messages" : [2]}', b'"messages"', b"1", b"[NaN]", b"[1 2]", b"[1]]", b"[[1]",
        b'[{"a": 1}] x', b'{"messages": [1]} x', b'{"messages": [1]]', b'{"messages": [1}', b'{"messages": [{]}]}',
        b"\xef\xbb\xbf[1]", b'\xef\xbb\xbf{"messages": [1]}', b'["\\\\", "\\"[", "]"]', b'["\n"]', b'["\\ud800"]',
        b"[9007199254740993123, 1.10, 1e400]", b"  ", b"{", b"[", b'{"messages": [1], "messages": [2]}', b"}{", b"nul",
    ],
)  # fmt: skip
def test_odd_files_mean_the_same_small_and_giant(content, key, tmp_path, monkeypatch):
    """The reasons may differ: what lies around a missing list of a giant file is not read."""
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    small, giant = (read(path, key, giant, monkeypatch) for giant in (False, True))
    assert giant[:2] == small[:2]
    assert giant[2].keys() == small[2].keys()


@relaxed
@given(
    head=st.dictionaries(st.sampled_from(["id", "posts", "x"]), values, max_size=2),
    inner=st.dictionaries(st.sampled_from(["posts", "stream", "n"]), values | st.just([{"id": 1}]), max_size=3),
    tail=st.dictionaries(st.sampled_from(["latest", "end", "a"]), values | st.just([{"id": 2}]), max_size=2),
    cut=st.integers(0, 60),
)
@example(head={"posts": [1]}, inner={"stream": {"posts": [2]}, "posts": [3]}, tail={"latest": 4}, cut=1)
@example(head={}, inner={"posts": [3]}, tail={"latest": [4]}, cut=1)
def test_a_giant_page_is_read_as_a_small_one_is(head, inner, tail, cut, tmp_path, monkeypatch):
    """Lists in an object, and in an object within it: their rows, and what stands beside them."""
    path = tmp_path / "page.json"
    text = json.dumps({**head, "stream": inner, **tail}, ensure_ascii=False)
    for content in (text, text[: max(1, len(text) - cut)]):
        path.write_text(content, encoding="utf-8")
        small, giant = (_page(path, giant, monkeypatch) for giant in (False, True))
        # A small object without such a list is a row by itself.
        assert giant == small or (giant[2] and not giant[0] and not small[1])


def _page(path: Path, giant: bool, monkeypatch) -> tuple:
    with monkeypatch.context() as patched, duckdb.connect() as connection:
        patched.setattr(json_objects, "GIANT_BYTES", 0 if giant else 1 << 40)
        unreadable = json_objects.load_objects(connection, [StagedFile(7, path.name, path)], PATHS)
        rows = connection.execute("select row_no, value::varchar from json_rows order by all").fetchall()
        heads = connection.execute("select value::varchar from json_heads").fetchall()
    return [(row[0], json.loads(row[1])) for row in rows], [json.loads(head[0]) for head in heads], bool(unreadable)


def test_numbers_keep_their_digits(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    path.write_bytes(b'[9007199254740993, 1.100000000000000000001, {"id": 12345678901234567890123}]')
    monkeypatch.setattr(json_files, "GIANT_BYTES", 0)
    with duckdb.connect() as connection:
        json_files.load_arrays(connection, [StagedFile(1, "list.json", path)])
        found = connection.execute("select value::varchar from json_rows order by row_no").fetchall()
    assert [row[0] for row in found] == [
        "9007199254740993", "1.100000000000000000001", '{"id": 12345678901234567890123}',
    ]  # fmt: skip


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_where_the_pieces_are_cut_does_not_matter(chunk, tmp_path, monkeypatch):
    """Quotes, escapes and keys that lie across two pieces."""
    monkeypatch.setattr(json_lists, "_CHUNK", chunk)
    path = tmp_path / "object.json"
    content = {"a\\": '"[\\"', "b": [["]"]], KEY: [{"t": "\\\\"}, "[\\", '"', "]"], "z": "messages"}
    path.write_text(json.dumps(content))
    rows, heads, unreadable = read(path, KEY, True, monkeypatch)
    assert ([row[2] for row in rows], unreadable) == (content.pop(KEY), {})
    assert heads == [content]


def test_an_entry_beyond_all_measure_makes_its_file_unreadable(tmp_path, monkeypatch):
    path = tmp_path / "list.json"
    path.write_text(json.dumps([{"a": 1}, {"text": "x" * (65 << 20)}]))
    rows, _, unreadable = read(path, None, True, monkeypatch)
    assert rows == []
    assert unreadable == {7: "an entry of its list is longer than 32 MB"}
