"""Cutting CSV files into columns, and files whose columns are parted by blanks; what cannot be cut is told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from orchestration.formats.base import RAW_KEPT_CHARACTERS, StagedFile, path_sql, quoted
from orchestration.formats.damaged_text import lines_within_quotes
from orchestration.formats.tabular_columns import Column, Names, TabularOptions, chosen_columns, names_of, position_of
from orchestration.formats.tabular_files import (
    MAX_HEADER_CHARACTERS,
    MAX_LINE_BYTES,
    Unreadable,
    add_long_lines,
    lines_sql,
    refuse_giant_lines,
    with_short_lines,
)

if TYPE_CHECKING:
    import duckdb

_DELIMITERS = (",", ";", "\t", "|")
# How a spreadsheet may tell, in a line of its own, what its columns are separated by.
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?[\r\n]+', re.IGNORECASE)


def load_csv(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    options: TabularOptions,
    columns: Mapping[str, Column | Names],
) -> None:
    """Adds the rows of a CSV file to `mapped`, and lines that cannot be cut into columns as bad ones."""
    if options.delimiter != "whitespace":
        refuse_giant_lines(file)
    with file.path.open(encoding="utf-8-sig", newline="") as handle:
        head = handle.read(MAX_HEADER_CHARACTERS)
    text = head.lstrip("\r\n")
    delimiter = options.delimiter
    if told := _SEPARATOR.match(text):
        text = text[told.end() :].lstrip("\r\n")
        delimiter = told[1] if delimiter == "auto" else delimiter
    if not text.strip():
        raise Unreadable("empty file")
    if options.delimiter == "whitespace":
        first = re.split(r"[\r\n]", text, maxsplit=1)[0]
        if len(first) == len(text) == MAX_HEADER_CHARACTERS:
            raise Unreadable(f"the first line is longer than {MAX_HEADER_CHARACTERS >> 20} MB")
        _load_blank_separated(connection, file, options, columns, first.split())
        return
    delimiter = told_delimiter(text, names_of(columns)) if delimiter == "auto" else delimiter
    cells = [cell.strip() for cell in first_record(text, delimiter)]
    found = cells if options.header else [str(i + 1) for i in range(len(cells))]
    chosen = chosen_columns(columns, found)
    skipped = head[: len(head) - len(text)].replace("\r\n", "\n").replace("\r", "\n").count("\n")
    # Columns go by their number: names may be alike but for case, which DuckDB does not tell apart.
    types = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(1, len(found) + 1))
    picked = ", ".join(
        f"{'null' if column is None else f'c{position_of(column, found)}'} as {key}" for key, column in chosen.items()
    )
    for table in ("reject_errors", "reject_scans"):
        connection.execute(f"drop table if exists {table}")
    above = skipped + options.header
    connection.execute(
        f"""
        insert into mapped
        select {file.number}, row_number() over () + {above}, null, null, {", ".join(columns)}
        from (
            select {picked}
            from read_csv({path_sql(file.path)}, auto_detect = false, header = {str(options.header).lower()},
                skip = {skipped}, delim = {quoted(delimiter)}, quote = '"', escape = '"', columns = {{{types}}},
                store_rejects = true, rejects_limit = 0, max_line_size = {MAX_LINE_BYTES}, hive_partitioning = false)
        )
        """
    )
    if connection.execute("select count(*) > 0 from reject_errors").fetchone() == (True,):
        _note_rejected(connection, file, delimiter)
        _add_rejected(connection, file, columns, above)


def _note_rejected(connection: duckdb.DuckDBPyConnection, file: StagedFile, delimiter: str) -> None:
    """Fills `rejected` with the lines that DuckDB rejected: line, reason, raw.

    A stray quote takes lines along as far as the next one, or all that follow. DuckDB tells of that as one row.
    """
    # One bad line may be reported for several reasons: it is one row all the same.
    connection.execute(
        f"""
        create or replace temp table rejected as
        select line, min('line ' || line || ': ' || lower(error_type::varchar) || ': ' || error_message) as reason,
            left(any_value(csv_line), {RAW_KEPT_CHARACTERS}) as raw
        from reject_errors group by line
        """
    )
    quoted_on = connection.execute(
        """
        select line, min(line_byte_position) - 1 from reject_errors
        where error_type = 'UNQUOTED VALUE' and contains(csv_line, chr(10)) group by line order by line
        """
    ).fetchall()
    for line, start in quoted_on:
        connection.execute(
            """
            insert into rejected
            select line, 'line ' || line || ': within the quote that opens in line ' || $line, null
            from (select unnest(range($line + 1, $line + $lines)) as line)
            """,
            {"line": line, "lines": lines_within_quotes(file.path, start, delimiter)},
        )


def _add_rejected(
    connection: duckdb.DuckDBPyConnection, file: StagedFile, columns: Mapping[str, Column | Names], above: int
) -> None:
    """Adds a CSV file's lines in `rejected` to its good ones in `mapped`, and numbers these anew by their lines.

    DuckDB numbers only what it rejects. A good row's number (a row's lines are one) is its place among the good ones,
    and as many more as lines were rejected before it; `above` are the lines before the first row.
    """
    connection.execute(
        f"""
        create or replace temp table good as select * from mapped where file_no = {file.number};
        delete from mapped where file_no = {file.number}
        """
    )
    connection.execute(
        """
        insert into mapped
        with numbered as (select line, row_number() over (order by line) as rejects from rejected),
        steps as (
            select line - rejects as good_before, max(rejects) as rejects from numbered group by good_before
        )
        select good.* replace (good.row_no + coalesce(steps.rejects, 0) as row_no)
        from good asof left join steps on good.row_no > steps.good_before
        """
    )
    nulls = ", ".join("null" for _ in columns)
    connection.execute(f"insert into mapped select {file.number}, line, reason, raw, {nulls} from rejected")
    connection.execute("drop table good; drop table rejected")


def first_record(text: str, delimiter: str) -> list[str]:
    """The cells of a text's first row."""
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise Unreadable(f"the first line cannot be cut into columns: {error}") from None


def _load_blank_separated(
    connection: duckdb.DuckDBPyConnection,
    file: StagedFile,
    options: TabularOptions,
    columns: Mapping[str, Column | Names],
    first: list[str],
) -> None:
    found = first if options.header else [str(i + 1) for i in range(len(first))]
    values = ", ".join(
        f"case when len(cells) = {len(found)} then cells[{position_of(column, found)}] end" if column else "null"
        for column in chosen_columns(columns, found).values()
    )
    with with_short_lines(file) as (short, long):
        connection.execute(
            f"""
            insert into mapped
            with lines as ({lines_sql(short)}),
            cut as (
                select row_no, line, regexp_split_to_array(line, '\\s+') as cells
                from lines where line <> ''
                {"qualify row_no > min(row_no) over ()" if options.header else ""}
            )
            select {file.number}, row_no,
                case when len(cells) <> {len(found)} then 'expected {len(found)} columns, found ' || len(cells) end,
                case when len(cells) <> {len(found)} then left(line, {RAW_KEPT_CHARACTERS}) end, {values}
            from cut
            """
        )
    add_long_lines(connection, file, long, columns)


def told_delimiter(text: str, wanted: Collection[str]) -> str:
    """The delimiter under which the first line shows most of the wanted columns; then the one that cuts it most."""

    def fit(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip() for cell in first_record(text, delimiter)]
        return sum(name in cells for name in wanted), len(cells)

    return max(_DELIMITERS, key=fit)
