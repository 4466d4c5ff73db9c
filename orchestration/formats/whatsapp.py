"""WhatsApp's "Export chat": a text file, alone or in a zip, of one chat.

[[sources]]
name = "whatsapp"
format = "whatsapp"
path = "exports/whatsapp"
timezone = "Europe/Berlin"        # of the phone: the file does not say
# date_order = "dmy"              # or "mdy", "ymd"; default: found out from each file's own dates
# language = "en"                 # the phone's; then joining and leaving are seen. Other languages: not.
# me = "Ann"                      # how the owner of the phone is called, where WhatsApp says "You"

Quirks handled: order of day and month, 12 and 24 hours, years of two digits, of Thai and of Persian phones, digits of
other scripts, parts of the day in other languages, marks of writing direction, narrow blanks, messages over several
lines; sentences of WhatsApp's own that hold a colon. There are no ids: see `int_whatsapp__messages` for how one message
is known again in two exports. Message texts are not kept, only their lengths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from orchestration.config import Timezone
from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.people import People, id_in_source, without_names
from orchestration.formats.whatsapp_lines import Line, read

if TYPE_CHECKING:
    import duckdb
    import pyarrow

_ORDERS = {"dmy": "day/month", "mdy": "month/day", "ymd": "year/month/day"}
_BATCH_ROWS = 50_000
# Thai phones count years from here; 2500 was 1957.
_BUDDHIST_ERA = 543
# Years of the Persian calendar, and those after them, which are the Islamic one's: 1388 and 1430 were 2009.
_PERSIAN_YEARS = (1300, 1429)
_ISLAMIC_YEARS = (1430, 1499)
# In years of two digits 2009, before which there was no WhatsApp; and 1388, which was 2009.
_FIRST_YEAR, _FIRST_PERSIAN_YEAR = 9, 88
_PERSIAN_WORDS = "[قب][.]?\\s?ظ|(قبل|بعد).?از.?ظهر"
_PERSIAN_DIGITS = "[۰-۹]"
# As many words begin no name, where they begin with another one.
_WORDS_OF_A_SENTENCE = 4
_COLUMNS = {
    "file_no": "INTEGER", "row_no": "BIGINT", "problem": "VARCHAR", "layout": "VARCHAR", "a": "INTEGER", "b": "INTEGER",
    "c": "INTEGER", "seconds": "INTEGER", "has_seconds": "BOOLEAN", "written": "VARCHAR", "name": "VARCHAR",
    "is_quoting": "BOOLEAN", "text_length": "INTEGER", "content_type": "VARCHAR", "event": "VARCHAR",
    "about": "VARCHAR[]",
}  # fmt: skip


class WhatsAppOptions(Options):
    """Keys of the format `whatsapp`.

    Attributes:
        timezone: the phone's zone.
        date_order: in which order the phone writes day, month and year; None: to be found out from each file.
        language: "en" where WhatsApp's own sentences are English, so that joining and leaving are seen.
        me: the name of the phone's owner.
    """

    timezone: Timezone = "UTC"
    date_order: Literal["dmy", "mdy", "ymd"] | None = None
    language: Literal["en"] | None = None
    me: str | None = None


class WhatsApp(Format):
    """Format `whatsapp`."""

    name = "whatsapp"
    Options = WhatsAppOptions
    tables = {
        "whatsapp_messages": {
            "account_name": "VARCHAR",
            "place": "INTEGER",
            "text_length": "INTEGER",
            "content_type": "VARCHAR",
            "event_type": "VARCHAR",
            "about_names": "VARCHAR[]",
        }
    }

    # A member is a name. A line that tells of erased people only, and was written by nobody else, goes with them.
    people = {
        "whatsapp_messages": People(
            member_id=id_in_source("account_name"),
            is_theirs=f"account_name is null and len(about_names) > 0 and len({without_names('about_names')}) = 0",
            names=("account_name",),
            named={"about_names": without_names("about_names")},
        )
    }

    def observes(self, options: WhatsAppOptions) -> Observes:
        """Who writes; who comes and goes only where the phone speaks English. Neither replies nor reactions."""
        return Observes(joins=options.language is not None, leaves=options.language is not None)

    def table_of(self, name: str, options: Any) -> str | None:
        """Every text file is a chat; the media beside it are not needed."""
        file = name.rsplit("/", 1)[-1].lower()
        return "whatsapp_messages" if file.endswith(".txt") and not file.startswith("._") else None

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: WhatsAppOptions
    ) -> Parsed:
        """One row a message or sentence of WhatsApp's own."""
        _load(connection, files)
        _take_for_sentences(connection)
        _complete_buddhist_years(connection)
        unreadable = _order_dates(connection, files, options)
        return Parsed(table, _messages(options), unreadable)


def _load(connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile]) -> None:
    """Fills the temporary table `chat_lines`, some thousand rows at a time."""
    import pyarrow

    columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
    connection.execute(f"create or replace temp table chat_lines ({columns})")
    types = connection.execute("from chat_lines limit 0").to_arrow_table().schema
    rows = (_row(file.number, line) for file in files for line in read(file.path))
    for batch in _batches(rows, types, pyarrow):
        connection.register("chat_batch", batch)
        connection.execute("insert into chat_lines by name from chat_batch")
        connection.unregister("chat_batch")


def _batches(rows: Iterator[dict[str, Any]], types: pyarrow.Schema, pyarrow: Any) -> Iterator[pyarrow.Table]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        yield pyarrow.Table.from_pylist(batch, schema=types)


def _row(file_no: int, line: Line) -> dict[str, Any]:
    a, b, c = line.date
    return {
        "file_no": file_no, "row_no": line.number, "problem": line.problem, "layout": line.layout, "a": a, "b": b,
        "c": c, "seconds": line.time, "has_seconds": line.has_seconds, "written": line.written, "name": line.name,
        "is_quoting": line.is_quoting, "text_length": line.text_length,
        "content_type": line.content_type, "event": line.event, "about": line.about,
    }  # fmt: skip


def _take_for_sentences(connection: duckdb.DuckDBPyConnection) -> None:
    """Takes from `chat_lines` the names that are the begin of WhatsApp's own sentences, in any language.

    They quote a group's name or description with a colon in it. Where the quotation marks do not tell, what looks like
    a name of many words, stands there once and begins with somebody's name is doubted.
    """
    connection.execute(
        """
        update chat_lines set name = null, text_length = 0, content_type = null
        where (file_no, name) in (
            select (file_no, name) from chat_lines where problem is null and name is not null
            group by file_no, name having bool_and(is_quoting)
        )
        """
    )
    connection.execute(
        """
        update chat_lines
        set problem = 'many words before a colon, once, which begin with somebody''s name: a sentence of WhatsApp''s?'
        where (file_no, row_no) in (
            with names as (
                select file_no, name, count(*) as lines, min(row_no) as row_no
                from chat_lines where problem is null and name <> '' group by file_no, name
            )
            select (long.file_no, long.row_no)
            from names as long inner join names as short
                on long.file_no = short.file_no and long.name <> short.name and starts_with(long.name, short.name)
                and regexp_matches(substring(long.name, length(short.name) + 1), '^([^\\p{L}\\p{N}]|님)')
            where long.lines = 1 and len(string_split_regex(long.name, '\\s+')) >= ?
        )
        """,
        [_WORDS_OF_A_SENTENCE],
    )


def _complete_buddhist_years(connection: duckdb.DuckDBPyConnection) -> None:
    """Writes out years of two digits that are those of Thai phones: where all of a file are still to come in ours."""
    connection.execute(
        f"""
        update chat_lines set c = c + 2500
        where problem is null and file_no in (
            select file_no from chat_lines where problem is null and layout like '%year last' group by file_no
            having min(c) + 2000 > year(current_date) + 1 and min(c) + 2500 - {_BUDDHIST_ERA} >= 2009
                and max(c) + 2500 - {_BUDDHIST_ERA} <= year(current_date)
        )
        """
    )


def _parts(order: str) -> tuple[str, str, str]:
    """The columns that hold year, month and day, if the numbers come in that order."""
    return tuple(("a", "b", "c")[order.index(part)] for part in "ymd")  # type: ignore[return-value]


def _persian_date(year: str, month: str, day: str) -> str:
    """SQL for a day of the Persian calendar; null where there is no such day.

    Six months of 31 days, five of 30, and one of 29 or, in the 8 leap years of 33, 30.
    """
    leap_years = "((8 * ({}) + 29) // 33)"
    is_leap = f"(8 * {year} + 29) % 33 < 8"
    length = f"case when {month} <= 6 then 31 when {month} <= 11 or {is_leap} then 30 else 29 end"
    days_before = (
        f"365 * ({year} - 1400) + {leap_years.format(f'{year} - 1')} - {leap_years.format('1399')}"
        f" + 30 * ({month} - 1) + least({month} - 1, 6) + {day} - 1"
    )
    return (
        f"case when {month} between 1 and 12 and {day} between 1 and {length}"
        f" then date '2021-03-21' + cast({days_before} as integer) end"
    )


def _date(order: str) -> str:
    """SQL for the date of a line, if its numbers come in that order; null where there is no such day."""
    year, month, day = _parts(order)
    full = (
        f"case when {year} < 100 then 2000 + {year}"
        f" when {year} between 2500 and 2699 then {year} - {_BUDDHIST_ERA} else {year} end"
    )
    ours = f"try_cast(({full}) || '-' || {month} || '-' || {day} as date)"
    return (
        f"case when {year} between {_PERSIAN_YEARS[0]} and {_PERSIAN_YEARS[1]}"
        f" then {_persian_date(year, month, day)} else {ours} end"
    )


def _order_dates(
    connection: duckdb.DuckDBPyConnection, files: Sequence[StagedFile], options: WhatsAppOptions
) -> dict[int, str]:
    """Makes the temporary table `date_orders(file_no, date_order)`; returns the files it fails for, with the reasons.

    A year of four digits in front is the year. Else the days of a file decide: numbers above 12 are no months, and
    nothing was written in the future, nor more than a day before the line above it. The order that goes against that
    less often holds. Years of two digits may stand in front as well, but not before plain dots; what speaks for that
    order or against it is that chats do not have each of their days in another year.
    """
    front = "layout like '%year first'"
    either = f"{front} or (c < 100 and layout not like '%numbers with ''.'',%')"
    candidates = "".join(
        f"""
        union all
        select file_no, row_no, '{order}' as date_order, {_date(order)} as day
        from chat_lines where problem is null and {f"({either})" if order == "ymd" else f"not {front}"}"""
        for order in _ORDERS
    )
    connection.execute(
        f"""
        create or replace temp table date_orders as
        with days as (
            select null::integer as file_no, null::bigint as row_no, null::varchar as date_order, null::date as day
            where false {candidates}
        ),
        steps as (
            select *, lag(day ignore nulls) over (partition by file_no, date_order order by row_no) as day_before
            from days
        ),
        judged as (
            select file_no, date_order, bit_xor(hash(row_no, day)) as days,
                count(*) filter (
                    where day is null or year(day) < 2009 or day > current_date + 1 or day < day_before - 1
                ) as wrong,
                count(distinct day) > case date_order when 'ymd' then 1 else 2 end
                    and count(distinct year(day)) = count(distinct day) as is_odd
            from steps group by file_no, date_order
        ),
        best as (
            select * from judged qualify rank() over (partition by file_no order by wrong, is_odd) = 1
        )
        select file_no, min(wrong) as wrong, case when count(distinct days) = 1 then min(date_order) end as date_order,
            list(date_order order by date_order) as orders
        from best group by file_no
        """
    )
    if options.date_order is not None:
        connection.execute("update date_orders set date_order = ?", [options.date_order])
    found = connection.execute("select file_no, date_order, orders from date_orders").fetchall()
    persian = _short_persian_years(connection, options)
    decided = {file_no: (order, orders) for file_no, order, orders in found}
    seen = {row[0] for row in connection.execute("select distinct file_no from chat_lines").fetchall()}
    reasons: dict[int, str] = {}
    for file in files:
        if file.number not in seen:
            reasons[file.number] = "empty file"
        elif file.number not in decided:
            reasons[file.number] = (
                "no line begins with a date and time as WhatsApp writes them (12/31/25, 11:59 PM - Ann: ...)"
            )
        elif file.number in persian:
            reasons[file.number] = (
                "years of two digits on a Persian phone, most likely of the Persian calendar: set the phone to dates"
                " with years of four digits, or to the Gregorian calendar, and export the chat again"
            )
        elif decided[file.number][0] is None:
            orders = decided[file.number][1]
            ways = " and as ".join(_ORDERS[order] for order in orders)
            keys = " or ".join(f'date_order = "{order}"' for order in orders)
            reasons[file.number] = f"its dates can be read as {ways}: give the source the key {keys}"
    if reasons:
        connection.execute("delete from chat_lines where file_no in (select unnest($files))", {"files": list(reasons)})
    return reasons


def _short_persian_years(connection: duckdb.DuckDBPyConnection, options: WhatsAppOptions) -> set[int]:
    """The files of which years of two digits are the Persian calendar's: in ours there was no WhatsApp in them.

    Persian words beside the time tell so: phones that write them have the year in front. Persian digits are written in
    Urdu, too, with our years behind: they tell where the dates cannot be read in any other way.
    """
    orders = [options.date_order] if options.date_order else _ORDERS
    is_year = " or ".join(
        f"bool_and({year} < {_FIRST_YEAR} or {year} between {_FIRST_PERSIAN_YEAR} and 99)"
        for year in {_parts(order)[0] for order in orders}
    )
    found = connection.execute(
        f"""
        select file_no from chat_lines inner join date_orders using (file_no)
        where problem is null group by file_no
        having max(greatest(a, c)) < 100 and ({is_year}) and (
            bool_or(regexp_matches(written, $words))
            or (any_value(wrong) > 0 and bool_or(regexp_matches(written, $digits))))
        """,
        {"words": _PERSIAN_WORDS, "digits": _PERSIAN_DIGITS},
    ).fetchall()
    return {file_no for (file_no,) in found}


def _messages(options: WhatsAppOptions) -> str:
    """SQL for the rows; `place` tells apart what one person wrote within one minute (or second, on iPhones)."""
    zone = quoted(options.timezone)
    me = "null" if options.me is None else quoted(options.me.strip())
    day = " ".join(f"when '{order}' then {_date(order)}" for order in _ORDERS)
    return f"""
    with dated as (
        select
            l.*,
            case o.date_order {day} end as day,
            list_filter(
                list_transform(about, lambda n: case when lower(n) = 'you' then {me} else n end),
                lambda n: n is not null
            ) as about_names
        from chat_lines l left join date_orders o using (file_no)
    ),
    timed as (
        select *, try(timezone('UTC', timezone({zone}, cast(day as timestamp) + to_seconds(seconds)))) as row_at
        from dated
    )
    select
        file_no, row_no, row_at,
        case
            when problem is not null then problem
            when greatest(a, c) between {_ISLAMIC_YEARS[0]} and {_ISLAMIC_YEARS[1]}
                then 'a year of a calendar that is not known here (the Islamic one?), found ' || left(written, 40)
            when day is null or row_at is null then 'expected a date and time, found ' || left(written, 40)
            when name = '' then 'name: missing'
            else {instant_problem("row_at")} end as reason,
        written as raw,
        name as account_name,
        row_number() over (partition by file_no, row_at, name order by row_no) as place,
        text_length, content_type, event as event_type, about_names
    from timed
    """


FORMAT = WhatsApp()
