"""A shop's orders: CSV, JSON Lines or Parquet with a mapping of columns.

[[sources]]
name = "shop"
format = "orders"
path = "exports/orders.csv"
currency = "EUR"                  # when the file has no currency column
# decimal = ","                   # of amounts such as 1.234,50
[sources.columns]
member = "customer_id"
at = "ordered_at"
amount = "total"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from orchestration.formats.amounts import Decimal, amount_sql
from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import instant_sql
from orchestration.formats.people import People, id_in_source
from orchestration.formats.tabular import lacks_zone, load_columns
from orchestration.formats.tabular_columns import Column, TabularOptions, mapped_columns
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

# What is no purchase, however platforms spell it; any other status is one.
NO_PURCHASE = ("cancelled", "canceled", "failed", "refunded", "voided", "void", "declined", "expired", "unpaid")
_COMMAS = """|| if(contains(amount, ','), '; where commas part decimals, set decimal = ","', '')"""


class Columns(Options):
    """[sources.columns]: which column holds what."""

    member: Column
    at: Column
    amount: Column
    order_id: Column | None = None
    currency: Column | None = None
    status: Column | None = None


class OrdersOptions(TabularOptions):
    """Keys of the format `orders`.

    Attributes:
        decimal: what parts an amount's decimals; where it is a comma, points may part thousands.
    """

    columns: Columns
    currency: str | None = Field(None, pattern="^[A-Z]{3}$")
    decimal: Decimal = "."
    no_purchase: tuple[str, ...] = NO_PURCHASE

    @model_validator(mode="after")
    def _one_currency(self) -> OrdersOptions:
        if (self.currency is None) == (self.columns.currency is None):
            raise ValueError(
                'give either a constant `currency` (such as "EUR") or a currency column in `columns`, and not both'
            )
        return self


class Orders(Format):
    """Format `orders`."""

    name = "orders"
    shows_acts = False
    Options = OrdersOptions
    tables = {
        "orders_orders": {
            "order_id": "VARCHAR",
            "member": "VARCHAR",
            "amount": "DECIMAL(18,4)",
            "currency": "VARCHAR",
            "status": "VARCHAR",
            "is_purchase": "BOOLEAN",
        }
    }

    people = {"orders_orders": People(member_id=id_in_source("member"))}

    def observes(self, options: OrdersOptions) -> Observes:
        """Purchases only: no acts, no member list."""
        return Observes()

    def table_of(self, name: str, options: OrdersOptions) -> str | None:
        """Every CSV, JSON Lines or Parquet file holds orders."""
        return "orders_orders" if kind_of(name) else None

    def is_text(self, name: str) -> bool:
        """Parquet is the one kind that is no text."""
        return kind_of(name) != "parquet"

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: OrdersOptions
    ) -> Parsed:
        """One row an order. Orders without an id are told apart by their place among equal rows of their file."""
        columns = mapped_columns(options.columns)
        unreadable = load_columns(connection, files, options, columns)
        currency = "upper(trim(currency))" if options.columns.currency is not None else quoted(options.currency or "")
        status = "lower(trim(status))" if options.columns.status is not None else "cast(null as varchar)"
        no_purchase = ", ".join(quoted(value.lower()) for value in options.no_purchase) or "''"
        # The same export pulled twice must give the same ids, and two equal rows of one file are two orders.
        order_id = (
            "nullif(trim(order_id), '')"
            if options.columns.order_id is not None
            else "md5(cast(to_json([member, written_at, amount, currency_code, order_status]) as varchar)) || '-' ||"
            " row_number() over"
            " (partition by file_no, member, written_at, amount, currency_code, order_status order by row_no)"
        )
        example, hint = ("1234,50", "") if options.decimal == "," else ("1234.50", _COMMAS)
        rows = f"""
        with typed as (
            select *, {instant_sql("written_at", options)} as instant,
                {_money(files, options)} as money, {currency} as currency_code, {status} as order_status
            from mapped
        ),
        named as (select *, {order_id} as id from typed)
        select
            file_no, row_no, instant as row_at,
            case
                when reason is not null then reason
                when id is null then 'order_id: missing'
                when coalesce(trim(written_at), '') = '' then 'at: missing'
                when instant is null then 'at: expected an instant, found ' || left(written_at, 40)
                when coalesce(trim(amount), '') = '' then 'amount: missing'
                when money is null then 'amount: expected a number such as {example}, found ' || left(amount, 40)
                    {hint}
                when not coalesce(regexp_full_match(currency_code, '[A-Z]{{3}}'), false)
                    then 'currency: expected three letters, found ' || coalesce(left(currency_code, 40), 'nothing')
                else {instant_problem("instant")} end as reason,
            coalesce(raw, cast(to_json({{{", ".join(f"'{c}': {c}" for c in columns)}}}) as varchar)) as raw,
            id as order_id, nullif(trim(member), '') as member,
            money as amount, currency_code as currency, order_status as status,
            coalesce(order_status not in ({no_purchase}), true) as is_purchase
        from named
        """
        return Parsed(table, rows, unreadable, lacks_zone=lacks_zone(connection, options, columns))


def _money(files: Sequence[StagedFile], options: OrdersOptions) -> str:
    """SQL for an order's amount. JSON and Parquet have numbers of their own, in which commas part nothing."""
    texts = ", ".join(str(file.number) for file in files if kind_of(file.name) == "csv")
    if options.decimal == "." or not texts:
        return amount_sql("amount")
    return f"case when file_no in ({texts}) then {amount_sql('amount', ',')} else {amount_sql('amount')} end"


FORMAT = Orders()
