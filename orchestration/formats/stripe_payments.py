"""Stripe's payments: the CSV of Transactions > Payments > Export.

A payment counts as a purchase by its `Status` and what was refunded: see `int_stripe_payments__orders`.
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

# Stripe's words, in lower case with underscores; the dashboard and the API have some of their own for the same thing.
STATUSES = (
    "paid", "succeeded", "partial_refund", "partially_refunded", "refunded", "failed", "canceled", "cancelled",
    "uncaptured", "incomplete", "blocked", "declined", "expired", "pending", "processing", "disputed",
    "requires_payment_method", "requires_confirmation", "requires_action", "requires_capture",
)  # fmt: skip
_COLUMNS: dict[str, Names] = {
    "payment_id": ("id", "ID"),
    "created": ("Created (UTC)", "Created date (UTC)"),
    "amount": ("Amount",),
    "refunded": ("Amount Refunded",),
    "currency": ("Currency",),
    "status": ("Status",),
    "customer": ("Customer ID",),
    "email": ("Customer Email", None),
    "mode": ("Mode", None),
    "disputed": ("Disputed Amount", None),
    "dispute": ("Dispute Status", None),
}


class StripePayments(Format):
    """Format `stripe_payments`."""

    name = "stripe_payments"
    shows_acts = False
    tables = {
        "stripe_payments_payments": {
            "payment_id": "VARCHAR",
            "member": "VARCHAR",
            "amount": "DECIMAL(18,4)",
            "refunded": "DECIMAL(18,4)",
            "currency": "VARCHAR",
            "status": "VARCHAR",
            "is_test": "BOOLEAN",
            "disputed": "DECIMAL(18,4)",
            "dispute_status": "VARCHAR",
        }
    }

    people = {"stripe_payments_payments": People(member_id=id_in_source("member"))}

    @property
    def keeps_heads(self) -> bool:
        """What people bought, paid or wrote is not kept, in no place."""
        return False

    def observes(self, options: Options) -> Observes:
        """Purchases only: no acts, no member list."""
        return Observes()

    def table_of(self, name: str, options: Options) -> str | None:
        """Every CSV file holds payments."""
        return "stripe_payments_payments" if kind_of(name) == "csv" else None

    def parse(
        self, connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[StagedFile], options: Options
    ) -> Parsed:
        """One row a payment."""
        written = TabularOptions()
        unreadable = load_columns(connection, files, written, _COLUMNS, shows_lines=False)
        known = ", ".join(map(quoted, STATUSES))
        rows = f"""
        with typed as (
            select *, nullif(trim(payment_id), '') as id, {instant_sql("created", written)} as instant,
                coalesce(nullif(trim(customer), ''), nullif(lower(trim(email)), '')) as member,
                replace(lower(trim(status)), ' ', '_') as state, upper(trim(currency)) as currency_code,
                {_amount("amount")} as paid_amount, {_amount("refunded")} as refunded_amount,
                {_amount("disputed")} as disputed_amount
            from mapped
        )
        select
            file_no, row_no, instant as row_at,
            case
                when reason is not null then reason
                when id is null then 'id: missing'
                when coalesce(trim(created), '') = '' then 'Created (UTC): missing'
                when instant is null then 'Created (UTC): expected an instant, found ' || left(created, 40)
                {amount_problem("Amount", "amount", "paid_amount")}
                {amount_problem("Amount Refunded", "refunded", "refunded_amount", required=False)}
                {amount_problem("Disputed Amount", "disputed", "disputed_amount", required=False)}
                {currency_problem("Currency", "currency_code")}
                when coalesce(state, '') = '' then 'Status: missing'
                when state not in ({known}) then 'Status: unknown value ' || left(status, 40)
                else {instant_problem("instant")} end as reason,
            coalesce(raw, {as_raw(_COLUMNS)}) as raw,
            id as payment_id, member, paid_amount as amount, refunded_amount as refunded, currency_code as currency,
            state as status, coalesce(lower(trim(mode)) = 'test', false) as is_test, disputed_amount as disputed,
            nullif(replace(lower(trim(dispute)), ' ', '_'), '') as dispute_status
        from typed
        """
        return Parsed(table, rows, unreadable)


def _amount(column: str) -> str:
    """SQL for an amount as the account's language has it: a comma before two digits parts no thousands."""
    return (
        f"case when regexp_full_match(trim({column}), '[^,]*,[0-9]{{2}}') then {amount_sql(column, ',')}"
        f" else {amount_sql(column)} end"
    )


FORMAT = StripePayments()
