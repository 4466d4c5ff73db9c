"""What has to hold in `report_audience`: one row for each source that has statistics of accounts, and week."""

from expectations.checks import Between, Check, RowsCheck, key_checks

COUNTS = ("followers", "followers_gained", "followers_lost", "reach", "views", "engagements", "posts")
RATES = ("unfollow_rate", "engagement_rate_by_reach", "engagement_rate_by_followers", "active_per_follower")


def ratio(rate: str, numerator: str, denominator: str) -> RowsCheck:
    """A rate of one source is the ratio of its own two figures."""
    return RowsCheck(
        name=f"{rate}_matches_counts",
        description=f"{rate} is {numerator} by {denominator}, and missing where either is.",
        expected=f"{rate} = {numerator} / {denominator}",
        sql=f"""
            SELECT source, week_start, concat({rate}, ' of ', {numerator}, ' and ', {denominator}) AS observed
            FROM checked
            WHERE source <> 'all'
                AND (({rate} IS NULL) <> ({numerator} IS NULL OR coalesce({denominator}, 0) = 0)
                    OR abs({rate} - {numerator} / nullif({denominator}, 0)) > 1e-9)""",
    )


CHECKS: tuple[Check, ...] = (
    *key_checks("source", "week_start"),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected=f"{', '.join(COUNTS)} at least 0",
        columns=COUNTS,
        at_least=0,
    ),
    Between(
        name="rates_not_negative",
        description="No rate is below zero.",
        expected=f"{', '.join(RATES)} at least 0",
        columns=RATES,
        at_least=0,
    ),
    ratio("engagement_rate_by_reach", "engagements", "reach"),
    ratio("engagement_rate_by_followers", "engagements", "followers"),
    RowsCheck(
        name="source_in_activity",
        description="Every source with an audience is in the week's activity report as well.",
        expected="a row in report_activity",
        sql="""
            SELECT source, week_start, 'no row' AS observed FROM (FROM checked WHERE source IS NOT NULL)
            ANTI JOIN reports.report_activity USING (source, week_start)""",
    ),
    RowsCheck(
        name="sources_complete",
        description="A source that had an audience the week before has one in this week too.",
        expected="the sources of the week before",
        counts_rows=False,
        sql="""
            SELECT source, weeks.week_start, 'no row' AS observed
            FROM weeks JOIN reports.report_audience before
                ON before.week_start = weeks.week_start - 7 AND before.source IS NOT NULL
            ANTI JOIN (SELECT source, week_start FROM checked) there
                ON there.source = before.source AND there.week_start = weeks.week_start""",
    ),
    RowsCheck(
        name="followers_follow_the_flows",
        severity="warning",
        description="Followers grew by what was gained less what was lost, give or take a tenth of it and ten.",
        expected="followers less those of the week before = followers_gained - followers_lost",
        sql="""
            SELECT c.source, c.week_start, concat(c.followers - before.followers, ' instead of ',
                   c.followers_gained - c.followers_lost) AS observed
            FROM checked c JOIN reports.report_audience before
                ON before.source = c.source AND before.week_start = c.week_start - 7
            WHERE c.source <> 'all'
                AND abs(c.followers - before.followers - (c.followers_gained - c.followers_lost))
                    > 10 + 0.1 * (c.followers_gained + c.followers_lost)""",
    ),
    RowsCheck(
        name="followers_plausible",
        severity="warning",
        description="The number of followers is of the size it had in the eight weeks before.",
        expected="between half and twice the median of the last 8 weeks",
        sql="""
            SELECT source, week_start, concat(followers, ' after a median of ', median) AS observed
            FROM (
                SELECT c.source, c.week_start, any_value(c.followers) AS followers, median(before.followers) AS median
                FROM checked c JOIN reports.report_audience before ON before.source = c.source
                    AND before.week_start < c.week_start AND before.week_start >= c.week_start - 56
                GROUP BY c.source, c.week_start HAVING count(before.followers) >= 4
            )
            WHERE greatest(followers, median) >= 100 AND NOT followers BETWEEN median / 2 AND median * 2""",
    ),
)
