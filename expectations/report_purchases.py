"""What has to hold in `report_purchases`: one row for each source, week and currency that was ever bought in."""

from expectations.checks import Between, Check, Present, RowsCheck, key_checks

ROW = ("source", "week_start", "currency")
COUNTS = ("orders", "buyers", "first_time_buyers", "repeat_buyers", "orders_without_buyer")
RATES = {  # rate: (numerator, denominator)
    "average_order_value": ("revenue", "orders"),
    "repeat_rate": ("repeat_buyers", "buyers"),
}


def breach(condition: str, observed: str) -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT source, week_start, currency, {observed} AS observed FROM checked WHERE {condition}"


def broken_rates(condition: str) -> str:
    """SQL for the rates that break a condition on `rate`, `above` and `below` the line, as rows of their own."""
    return " UNION ALL ".join(
        f"""SELECT source, week_start, currency,
                   concat('{rate} ', coalesce(CAST(rate AS VARCHAR), 'null'), ' for ', above, '/', below) AS observed
            FROM (SELECT *, {rate} AS rate, {above} AS above, {below} AS below FROM checked) WHERE {condition}"""
        for rate, (above, below) in RATES.items()
    )


def against_lifecycle(figures: str, reported: str, condition: str, observed: str) -> str:
    """SQL for sources and weeks whose currencies together do not fit `report_lifecycle`.

    Args:
        figures: what is summed up over the currencies, as columns.
        reported: what is summed up over the stages, as a column `lifecycle`.
        condition: under which the two do not fit; a source without any row has nulls for its figures.
    """
    return f"""
        SELECT source, week_start, {observed} AS observed
        FROM (
            SELECT source, week_start, {reported} FROM reports.report_lifecycle
            WHERE week_start IN (SELECT week_start FROM weeks) GROUP BY source, week_start
        ) l LEFT JOIN (SELECT source, week_start, {figures} FROM checked GROUP BY source, week_start) p
        USING (source, week_start) WHERE {condition}"""


def movement(column: str, words: str) -> RowsCheck:
    """A warning where a figure jumps or collapses against its own recent weeks."""
    return RowsCheck(
        name=f"{column}_plausible",
        severity="warning",
        description=f"The {words} are of the size they had in the eight weeks before.",
        expected=f"{words} between a quarter and four times the median of the last 8 weeks",
        key=ROW,
        sql=f"""
            SELECT source, week_start, currency, concat({column}, ' after a median of ', median) AS observed
            FROM (
                SELECT c.source, c.week_start, c.currency, any_value(c.{column}) AS {column},
                       median(before.{column}) AS median, any_value(c.orders) AS orders,
                       median(before.orders) AS orders_before
                FROM checked c JOIN reports.report_purchases before ON before.source = c.source
                    AND before.currency = c.currency
                    AND before.week_start < c.week_start AND before.week_start >= c.week_start - 56
                GROUP BY c.source, c.week_start, c.currency HAVING count(before.{column}) >= 4
            )
            WHERE greatest(orders, orders_before) >= 20 AND NOT {column} BETWEEN median / 4 AND median * 4""",
    )


CHECKS: tuple[Check, ...] = (
    *key_checks(*ROW),
    Present(
        name="values_present",
        description="Every count is filled, also in a week without purchases.",
        expected=f"{', '.join(COUNTS)}, revenue and revenue_without_buyer never missing",
        columns=(*COUNTS, "revenue", "revenue_without_buyer"),
        key=ROW,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected=f"{', '.join(COUNTS)} at least 0",
        columns=COUNTS,
        key=ROW,
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="Rates are shares of a whole.",
        expected="repeat_rate and active_buyer_share between 0 and 1",
        columns=("repeat_rate", "active_buyer_share"),
        key=ROW,
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="currency_known",
        description="A currency is named by its code of three letters.",
        expected="currency three capital letters",
        key=ROW,
        sql=breach("NOT regexp_full_match(currency, '[A-Z][A-Z][A-Z]')", "currency"),
    ),
    RowsCheck(
        name="buyers_add_up",
        description="Buyers have bought before, or have not.",
        expected="buyers = first_time_buyers + repeat_buyers",
        key=ROW,
        sql=breach(
            "buyers <> first_time_buyers + repeat_buyers",
            "concat(first_time_buyers + repeat_buyers, ' instead of ', buyers)",
        ),
    ),
    RowsCheck(
        name="orders_cover_buyers",
        description="Every buyer has an order, and every order a buyer but for those that are told to have none.",
        expected="orders less orders_without_buyer at least buyers, and 0 only together",
        key=ROW,
        sql=breach(
            "orders - orders_without_buyer < buyers OR (orders = orders_without_buyer) <> (buyers = 0)",
            "concat(orders, ' orders by ', buyers, ', ', orders_without_buyer, ' without')",
        ),
    ),
    RowsCheck(
        name="no_revenue_without_orders",
        description="Money comes from orders.",
        expected="revenue 0 where there are no orders, and of those without a buyer where there are none of them",
        key=ROW,
        sql=breach("orders = 0 AND revenue <> 0", "concat(revenue, ' from no order')")
        + " UNION ALL "
        + breach(
            "orders_without_buyer = 0 AND revenue_without_buyer <> 0",
            "concat(revenue_without_buyer, ' from no order without buyer')",
        ),
    ),
    RowsCheck(
        name="revenue_not_negative",
        severity="warning",
        description="No more was paid back than paid.",
        expected="revenue at least 0",
        key=ROW,
        sql=breach("revenue < 0", "concat(revenue, ' ', currency)"),
    ),
    RowsCheck(
        name="rates_null_when_undefined",
        description="A rate is null exactly where there is nothing to divide by.",
        expected="average_order_value null if and only if there are no orders, the others without buyers",
        key=ROW,
        sql=broken_rates("(rate IS NULL) <> (below = 0)")
        + " UNION ALL "
        + breach("(active_buyer_share IS NULL) <> (buyers = 0)", "concat('active_buyer_share of ', buyers)"),
    ),
    RowsCheck(
        name="rates_match_counts",
        description="Rates are ratios of the counts beside them.",
        expected="average_order_value = revenue / orders, repeat_rate = repeat_buyers / buyers",
        key=ROW,
        sql=broken_rates("abs(rate - CAST(above AS DOUBLE) / nullif(below, 0)) > 1e-9 * greatest(1, abs(rate))"),
    ),
    RowsCheck(
        name="revenue_matches_lifecycle",
        description="Where all was bought in one currency, buyers' revenue is what the four stages brought in.",
        expected="revenue - revenue_without_buyer = the sum of report_lifecycle.revenue, where that is not null",
        counts_rows=False,
        sql=against_lifecycle(
            "sum(revenue - revenue_without_buyer) AS revenue",
            "CASE WHEN count(revenue) = count(*) THEN sum(revenue) END AS lifecycle",
            "coalesce(revenue, 0) <> lifecycle",
            "concat(coalesce(revenue, 0), ' instead of ', lifecycle)",
        ),
    ),
    RowsCheck(
        name="buyers_match_lifecycle",
        description="The buyers of the currencies are the buyers of the four stages; one may buy in several.",
        expected="buyers of any currency at most those of report_lifecycle, which are at most the sum of them all",
        counts_rows=False,
        # Buyers that are missing are said by values_present, and those below zero by counts_not_negative.
        sql=against_lifecycle(
            "max(buyers) AS most, sum(greatest(buyers, 0)) AS total, count(*) - count(buyers) AS unsaid",
            "sum(buyers) AS lifecycle",
            "coalesce(unsaid, 0) = 0 AND NOT lifecycle BETWEEN coalesce(most, 0) AND coalesce(total, 0)",
            "concat(lifecycle, ' in the stages, ', coalesce(total, 0), ' by currency')",
        ),
    ),
    RowsCheck(
        name="currency_continues",
        severity="warning",
        description="A currency that was bought in has a row in every later week, also of 0 orders.",
        expected="a row for every currency that has one in the week before",
        key=ROW,
        counts_rows=False,
        sql="""
            SELECT b.source, a.week_start, b.currency, concat('no row for ', b.currency) AS observed
            FROM reports.report_activity a JOIN weeks w ON w.week_start = a.week_start
            JOIN reports.report_purchases b ON b.source = a.source AND b.week_start = a.week_start - 7
            ANTI JOIN checked c ON c.source = b.source AND c.currency = b.currency AND c.week_start = a.week_start
            WHERE b.currency IS NOT NULL""",
    ),
    movement("orders", "orders"),
    movement("revenue", "amounts"),
)
