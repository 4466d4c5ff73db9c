"""Shopify's orders: the CSV of Orders > Export, one row per line item.

The fields of an order stand on its first row only; the rows of its other items bear the order's `Name`. What was bought
is not read. An order counts as a purchase by its `Financial Status`: see `int_shopify_orders__orders`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration.formats.amounts import amount_problem, amount_sql, currency_problem
from orchestration.formats.base import Format, Observes, Options, Parsed, StagedFile, instant_problem, quoted
from orchestration.formats.instants import instant_sql
from orchestration.formats.people import People, id_in_source
from orchestration.formats.tabular import load_columns
from orchestration.formats.tabular_columns import Names, TabularOptions, as_raw
from orchestration.formats.tabular_files import kind_of

if TYPE_CHECKING:
    import duckdb

STATUSES = (
    "authorized", "expired", "overdue", "paid", "partially_paid", "partially_refunded", "pending", "refunded",
    "unpaid", "voided",
)  # fmt: skip
_COLUMNS: dict[str, Names] = {
    "order_name": ("Name",),
    "email": ("Email",),
    "phone": ("Phone", None),
    "status": ("Financial Status",),
    "created": ("Created at",),
    "cancelled": ("Cancelled at", "Canceled at"),
    "currency": ("Currency",),
    "total": ("Total",),
    "refunded": ("Refunded Amount",),
    # Older exports lack it.
    "outstanding": ("Outstanding Balance", None),
}


class ShopifyOrders(Format):
    """Format `shopify_orders`."""

    name = "shopify_orders"
    shows_acts = False
    tables = {
        "shopify_orders_rows": {
            "order_name": "VARCHAR",
            "is_order": "BOOLEAN",
            "member": "VARCHAR",
            "status": "VARCHAR",
            "is_cancelled": "BOOLEAN",
            "currency": "VARCHAR",
            "total": "DECIMAL(18,4)",
            "refunded": "DECIMAL(18,4)",
            "outstanding": "DECIMAL(18,4)",
        }
    }

    # The rows of further items name nobody: they go with their order.
    people = {
        "shopify_orders_rows": People(
            member_id=id_in_source("coalesce(member, max(member) over (partition by _file, order_name))")
        )
    }

    @property
    def keeps_heads(self) -> bool:
        """What people bought, paid or wrote is not kept, in no place."""
        return False

    def observes(self, options: Options) -> Observes:
        """Purchases only: no acts, no member list."""
        return Observes()

    def table_of(self, name: str, options: Options) -> str | None:
        """Every CSV file holds orders."""
        return "shopify_orders_rows" if kind_of(name) == "csv" else None

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Options
    ) -> Parsed:
        """One row a line item; an order's own fields stand on the first of its rows, which `is_order`."""
        written = TabularOptions()
        unreadable = load_columns(connection, files, written, _COLUMNS, shows_lines=False)
        known = ", ".join(map(quoted, STATUSES))
        rows = f"""
        with typed as (
            select *, nullif(trim(order_name), '') as name, {instant_sql("created", written)} as instant,
                coalesce(nullif(lower(trim(email)), ''), nullif(regexp_replace(phone, '[^+0-9]', '', 'g'), ''))
                as member,
                lower(trim(status)) as state, upper(trim(currency)) as currency_code,
                {amount_sql("total")} as total_amount, {amount_sql("refunded")} as refunded_amount,
                {amount_sql("outstanding")} as outstanding_amount,
                -- The rows of further items have none of these.
                concat(trim(status), trim(total), trim(currency)) <> '' as is_order
            from mapped
        ),
        judged as (
            select *, case
                when reason is not null then reason
                when name is null then 'Name: missing'
                when not is_order then null
                when coalesce(state, '') = '' then 'Financial Status: missing'
                when state not in ({known}) then 'Financial Status: unknown value ' || left(state, 40)
                when coalesce(trim(created), '') = '' then 'Created at: missing'
                when instant is null then 'Created at: expected an instant, found ' || left(created, 40)
                {amount_problem("Total", "total", "total_amount")}
                {amount_problem("Refunded Amount", "refunded", "refunded_amount", required=False)}
                when state = 'partially_refunded' and refunded_amount is null
                    then 'Refunded Amount: missing though the order is partially refunded'
                {amount_problem("Outstanding Balance", "outstanding", "outstanding_amount", required=False)}
                when state = 'partially_paid' and outstanding_amount is null
                    then 'Outstanding Balance: missing though the order is partially paid'
                {currency_problem("Currency", "currency_code")}
                else {instant_problem("instant")} end as problem
            from typed
        ),
        -- A further item belongs to its order: it is dated by it, and of no use without it.
        ordered as (
            select *, max(instant) filter (where is_order and problem is null) over (partition by file_no, name)
                as ordered_at
            from judged
        )
        select
            file_no, row_no, case when is_order then instant else ordered_at end as row_at,
            coalesce(problem, case when ordered_at is null
                then 'no readable row with the totals of order ' || left(name, 40) || ' in this file' end) as reason,
            coalesce(raw, {as_raw(_COLUMNS)}) as raw,
            name as order_name, is_order,
            case when is_order then member end as member, case when is_order then state end as status,
            is_order and coalesce(trim(cancelled), '') <> '' as is_cancelled,
            case when is_order then currency_code end as currency, total_amount as total, refunded_amount as refunded,
            outstanding_amount as outstanding
        from ordered
        """
        return Parsed(table, rows, unreadable)


FORMAT = ShopifyOrders()
