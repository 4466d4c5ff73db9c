"""Amounts of money written as text: the part that exports of shops share."""

from __future__ import annotations

from typing import Literal

Decimal = Literal[".", ","]


def amount_sql(column: str, decimal: Decimal = ".") -> str:
    """SQL for an amount as DECIMAL(18,4); null where `column` holds no plain number such as 1234.50.

    A comma may part thousands or decimals, and nothing in the row tells which: such an amount is not guessed. Where it
    is said to part decimals, points may part thousands.
    """
    if decimal == ",":
        return (
            f"case when regexp_full_match(trim({column}), '[+-]?([0-9]+|[0-9]{{1,3}}([.][0-9]{{3}})+)(,[0-9]+)?')"
            f" then try_cast(replace(replace(trim({column}), '.', ''), ',', '.') as decimal(18, 4)) end"
        )
    # DuckDB's own cast also takes 1_000, 1e3 and a lone point.
    return (
        f"case when regexp_full_match(trim({column}), '[+-]?[0-9]+([.][0-9]+)?')"
        f" then try_cast(trim({column}) as decimal(18, 4)) end"
    )


def amount_problem(name: str, column: str, amount: str, required: bool = True) -> str:
    """SQL branches of a `case` for what is wrong with an amount.

    Args:
        name: what the export calls it.
        column: the column that holds its text.
        amount: the column that holds what `amount_sql` made of it.
        required: whether it has to be there.
    """
    missing = f"when coalesce(trim({column}), '') = '' then '{name}: missing' " if required else ""
    return (
        f"{missing}when trim({column}) <> '' and {amount} is null"
        f" then '{name}: expected a number such as 1234.50, found ' || left({column}, 40)"
    )


def currency_problem(name: str, column: str) -> str:
    """SQL branch of a `case` for what is no ISO 4217 code (in capitals)."""
    return (
        f"when not coalesce(regexp_full_match({column}, '[A-Z]{{3}}'), false)"
        f" then '{name}: expected three letters, found ' || coalesce(nullif(left({column}, 40), ''), 'nothing')"
    )
