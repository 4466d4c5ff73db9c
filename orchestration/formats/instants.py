"""Instants written as text: told apart and turned into UTC inside DuckDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestration.formats.base import decimal_sql, quoted

if TYPE_CHECKING:
    from orchestration.formats.tabular_columns import TabularOptions

# Offsets from UTC that there are, -12:00 to +14:00, with or without colon and minutes. DuckDB's cast takes any.
OFFSET = r"(?:[+-](?:0\d|1[01])(?::?[0-5]\d){0,2}|\+1[23](?::?[0-5]\d){0,2}|-12(?::?00){0,2}|\+14(?::?00){0,2})"
_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_WITH_ZONE = rf"({_DAY}[T ]+\d{{1,2}}:\d{{2}})(:\d{{2}}(?:[.,]\d+)?)?\s*(Z|UTC|GMT|{OFFSET})"


def known_pattern(text: str) -> str:
    """Checks the config's `instants`: "auto", or a strptime pattern as DuckDB understands them."""
    if text == "auto":
        return text
    import duckdb

    try:
        duckdb.execute("select try_strptime('', $pattern)", {"pattern": text})
    except duckdb.Error as error:
        raise ValueError(f"{text!r}: no strptime pattern ({str(error).splitlines()[0]})") from None
    if "%" not in text:
        raise ValueError(f'{text!r}: expected "auto" or a strptime pattern such as "%d.%m.%Y %H:%M"')
    return text


def instant_sql(column: str, options: TabularOptions) -> str:
    """SQL for the UTC TIMESTAMP of an instant written as text in `column`; null where it cannot be read."""
    text = f"upper(trim({column}))"
    zone = quoted(options.timezone)
    local = "{}" if options.timezone == "UTC" else f"try(timezone('UTC', timezone({zone}, {{}})))"
    if options.instants != "auto":
        parsed = f"try_strptime(trim({column}), {quoted(options.instants)})"
        # With an offset in the pattern DuckDB gives a TIMESTAMPTZ, which needs no zone of ours.
        pattern = options.instants.replace("%%", "")
        if not re.search("%[zZ]", pattern):
            return local.format(parsed)
        return f"case when {_has_offset(column, pattern)} then try(timezone('UTC', {parsed})) end"

    def part(number: int) -> str:
        return f"regexp_extract({text}, '{_WITH_ZONE}', {number})"

    # DuckDB's own cast wants seconds before an offset, and no blank between them.
    with_zone = (
        f"{part(1)} || coalesce(nullif(replace({part(2)}, ',', '.'), ''), ':00')"
        f" || case when {part(3)} in ('Z', 'UTC', 'GMT') then '+00' else {part(3)} end"
    )
    return (
        f"case when {_plain(column)} then {local.format(f'try_cast({column} as timestamp)')}"
        f" when regexp_full_match({text}, '\\d{{9,11}}(\\.\\d+)?')"
        f" then make_timestamp(cast({decimal_sql(text, 6)} * 1000000 as bigint))"
        f" when regexp_full_match({text}, '\\d{{12,14}}(\\.\\d+)?')"
        f" then make_timestamp(cast({decimal_sql(text, 3)} * 1000 as bigint))"
        f" when regexp_full_match({text}, '{_WITH_ZONE}') then timezone('UTC', try_cast({with_zone} as timestamptz))"
        # The cast would read an offset that there is none of.
        f" when not regexp_matches({text}, ':.*[+-]') then {local.format(f'try_cast({text} as timestamp)')} end"
    )


def bears_no_zone(column: str, options: TabularOptions) -> str:
    """SQL for an instant written as text being one that the source's zone decides on."""
    if options.instants != "auto":
        has_zone = re.search("%[zZ]", options.instants.replace("%%", ""))
        return "false" if has_zone else f"try_strptime(trim({column}), {quoted(options.instants)}) is not null"
    text = f"upper(trim({column}))"
    return f"(try_cast({text} as timestamp) is not null and not regexp_full_match({text}, '.*:.*(Z|UTC|GMT|{OFFSET})'))"


def _has_offset(column: str, pattern: str) -> str:
    """SQL for a text having an offset there is where a strptime pattern has its %z; true of patterns without one."""
    _, found, after = pattern.partition("%z")
    if not found:
        return "true"
    sticks = bool(after[:1].strip())
    words = len(after.split()) - sticks
    rest = (r"(?:[^\d:\s]\S*)?" if sticks else "") + r"\s+\S+" * words
    return f"regexp_matches(trim({column}), '{OFFSET}{rest}$')"


def _plain(column: str) -> str:
    """SQL for a text being in the form that most exports write instants in: with a digit last, so that there is nothing
    to trim, and no letter but a large T. It is told by its punctuation: patterns take ten times as long."""
    forms = " or ".join(f"{column} like '____-__-__{between}__:__:__'" for between in (" ", "T"))
    return f"({forms}) and {column}[19] between '0' and '9'"


def precision_sql(column: str, options: TabularOptions) -> str:
    """SQL for `time_precision`: 'day' where the text gives a date alone, else 'exact'."""
    if options.instants != "auto":
        return "'exact'" if re.search("%-?[HIXTRc]", options.instants.replace("%%", "")) else "'day'"
    text = f"trim({column})"
    is_day = f"length({text}) <= 10 and regexp_full_match({text}, '{_DAY}')"
    return f"case when {_plain(column)} then 'exact' when {is_day} then 'day' else 'exact' end"
