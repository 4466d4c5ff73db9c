"""What has to hold in `report_conversation`: one row for each source and week."""

from expectations.against_activity import movement
from expectations.checks import ROWS_EXIST, Between, Check, Present, RowsCheck, key_checks

COUNTS = (
    *("official_posts", "official_replies", "threads", "answered_24h", "answered_by_official_24h", "unanswered"),
    *("median_first_response_minutes", "p90_first_response_minutes", "two_way_members"),
)
RATES = {  # rate: (numerator, denominator)
    "broadcast_share": ("official_posts", "official_posts + official_replies"),
    "answered_24h_rate": ("answered_24h", "threads"),
    "two_way_share": ("two_way_members", "active_members"),
}


def breach(condition: str, observed: str) -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT source, week_start, {observed} AS observed FROM checked WHERE {condition}"


def broken_rates(condition: str) -> str:
    """SQL for the rates that break a condition on `rate`, `above` and `below` the line, as rows of their own."""
    return " UNION ALL ".join(
        f"""SELECT source, week_start,
                   concat('{rate} ', coalesce(CAST(rate AS VARCHAR), 'null'), ' for ', above, '/', below) AS observed
            FROM (SELECT c.source, c.week_start, {rate} AS rate, {above} AS above, {below} AS below
                  FROM checked c JOIN reports.report_activity a ON a.source = c.source AND a.week_start = c.week_start)
            WHERE {condition}"""
        for rate, (above, below) in RATES.items()
    )


CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks("source", "week_start"),
    RowsCheck(
        name="sources_match_activity",
        description="The sources are those of the week's activity report.",
        expected="a row for each source of report_activity, and no other",
        counts_rows=False,
        sql="""
            SELECT source, week_start, if(c.week_start IS NULL, 'no row', 'no row in report_activity') AS observed
            FROM (SELECT a.source, a.week_start FROM reports.report_activity a SEMI JOIN checked USING (week_start)) a
            FULL JOIN (SELECT source, week_start FROM checked WHERE source IS NOT NULL) c USING (source, week_start)
            WHERE a.week_start IS NULL OR c.week_start IS NULL""",
    ),
    Present(
        name="values_present",
        description="What can always be counted is filled.",
        expected="official_posts never missing",
        columns=("official_posts",),
    ),
    Between(
        name="counts_not_negative",
        description="No count and no time is below zero.",
        expected="every count and time at least 0",
        columns=COUNTS,
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="Rates are shares of a whole.",
        expected=f"{', '.join(RATES)} between 0 and 1",
        columns=tuple(RATES),
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="rates_null_when_undefined",
        description="A rate is null exactly where there is nothing to divide, or nothing to divide by.",
        expected="null if and only if the denominator is 0, or a count cannot be seen",
        sql=broken_rates("(rate IS NULL) <> (coalesce(below, 0) = 0 OR above IS NULL)"),
    ),
    RowsCheck(
        name="rates_match_counts",
        description="Every rate is what its two counts give.",
        expected="rate = numerator / denominator",
        # Rates out of [0, 1] are said by rates_in_range.
        sql=broken_rates("below > 0 AND rate BETWEEN 0 AND 1 AND abs(rate - above / below) > 1e-6"),
    ),
    RowsCheck(
        name="unobserved_is_null",
        description="Where threads cannot be seen, none of their figures is given.",
        expected="threads, answered_24h, answered_by_official_24h and unanswered all given or all null",
        sql="""
            SELECT source, week_start, concat_ws(', ', 'threads ' || threads, 'answered ' || answered_24h,
                   'by officials ' || answered_by_official_24h, 'unanswered ' || unanswered) AS observed
            FROM checked WHERE (threads IS NULL) <> (answered_24h IS NULL) OR (threads IS NULL) <> (unanswered IS NULL)
                OR (threads IS NULL) <> (answered_by_official_24h IS NULL)""",
    ),
    RowsCheck(
        name="threads_add_up",
        description="A thread is answered or it is not.",
        expected="threads = answered_24h + unanswered",
        sql=breach(
            "threads <> answered_24h + unanswered", "concat(answered_24h, ' + ', unanswered, ' instead of ', threads)"
        ),
    ),
    RowsCheck(
        name="officials_within_answered",
        description="What officials answered was answered.",
        expected="answered_by_official_24h at most answered_24h",
        sql=breach("answered_by_official_24h > answered_24h", "concat(answered_by_official_24h, ' of ', answered_24h)"),
    ),
    RowsCheck(
        name="times_fit_answers",
        description="There is a time to the first response exactly where there is a response.",
        expected="median and 90th percentile given if and only if answered_24h is above 0",
        sql=breach(
            "(coalesce(answered_24h, 0) = 0) <> (median_first_response_minutes IS NULL)"
            " OR (coalesce(answered_24h, 0) = 0) <> (p90_first_response_minutes IS NULL)",
            "concat_ws(', ', answered_24h || ' answered', 'median ' || median_first_response_minutes,"
            " 'p90 ' || p90_first_response_minutes)",
        ),
    ),
    RowsCheck(
        name="times_within_a_day",
        description="First responses come within the 24 hours in which a thread is watched, half of them before most.",
        expected="median_first_response_minutes <= p90_first_response_minutes < 1440",
        sql=breach(
            "median_first_response_minutes > p90_first_response_minutes + 1e-6 OR p90_first_response_minutes >= 1440",
            "concat('median ', median_first_response_minutes, ', p90 ', p90_first_response_minutes)",
        ),
    ),
    movement("report_conversation", "threads", "threads"),
)
