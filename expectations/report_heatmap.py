"""What has to hold in `report_heatmap`: one row for each source, week, weekday and hour."""

from expectations.against_activity import adds_up_to_activity, breaks_bounds_of_activity
from expectations.checks import ROWS_EXIST, Between, Check, Present, RowsCheck, key_checks

CELL = ("source", "week_start", "iso_weekday", "hour")

CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks(*CELL),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="interactions and active_members never missing",
        columns=("interactions", "active_members"),
        key=CELL,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="interactions and active_members at least 0",
        columns=("interactions", "active_members"),
        key=CELL,
        at_least=0,
    ),
    Between(
        name="weekday_in_range",
        description="Weekdays are those of a week.",
        expected="iso_weekday from 1 to 7",
        columns=("iso_weekday",),
        key=CELL,
        at_least=1,
        at_most=7,
    ),
    Between(
        name="hour_in_range",
        description="Hours are those of a day.",
        expected="hour from 0 to 23",
        columns=("hour",),
        key=CELL,
        at_least=0,
        at_most=23,
    ),
    RowsCheck(
        name="cells_complete",
        description="Every source of the week's activity report has all 168 hours, also those in which nobody acted.",
        expected="7 x 24 rows for each source",
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(count(c.source), ' hours') AS observed
            FROM (SELECT source, week_start FROM checked WHERE source IS NOT NULL
                  UNION
                  SELECT a.source, a.week_start FROM reports.report_activity a SEMI JOIN checked USING (week_start))
            LEFT JOIN (SELECT DISTINCT source, week_start, iso_weekday, "hour" FROM checked
                       WHERE iso_weekday BETWEEN 1 AND 7 AND "hour" BETWEEN 0 AND 23) c USING (source, week_start)
            GROUP BY source, week_start HAVING count(c.source) <> 168""",
    ),
    RowsCheck(
        name="members_within_interactions",
        description="Whoever was active in an hour has acted in it.",
        expected="active_members at most interactions, and 0 if and only if those are 0",
        key=CELL,
        # Counts below 0 are said by counts_not_negative.
        sql="""
            SELECT *, concat(active_members, ' members, ', interactions, ' interactions') AS observed
            FROM checked WHERE least(active_members, interactions) >= 0
                AND (active_members > interactions OR (active_members = 0) <> (interactions = 0))""",
    ),
    adds_up_to_activity(
        name="interactions_match_activity",
        description="What happened in all hours is what happened in the week.",
        expected="interactions of the 168 hours add up to report_activity.interactions",
        column="interactions",
        total="sum(interactions)",
        figure="a.interactions",
    ),
    breaks_bounds_of_activity(
        name="members_within_active",
        description="No hour has more active members than the week, and every active member was so in some hour.",
        expected="active_members of each hour at most those of the week, of all hours at least as many",
        broken="""max(c.active_members) > any_value(a.active_members)
            OR sum(c.active_members) < any_value(a.active_members)""",
        observed="""concat('up to ', max(c.active_members), ' an hour, ', sum(c.active_members), ' in all, of ',
            any_value(a.active_members))""",
    ),
    RowsCheck(
        name="hours_told_apart",
        severity="warning",
        # A source of dates without times is so in every week: it is said when that begins.
        description="Acts are spread over the day: an export of dates without times has them all at one hour.",
        expected="less than nine in ten of 50 interactions or more at one hour, unless in the 8 weeks before too",
        counts_rows=False,
        sql="""
            WITH by_week AS (
                SELECT source, week_start, max(interactions) AS most, sum(interactions) AS total,
                       arg_max("hour", interactions) AS at_hour
                FROM (SELECT source, week_start, "hour", sum(interactions) AS interactions
                      FROM reports.report_heatmap GROUP BY ALL)
                GROUP BY source, week_start
                HAVING sum(interactions) >= 50 AND max(interactions) >= 0.9 * sum(interactions)
            )
            SELECT source, week_start, concat(most, ' of ', total, ' at ', at_hour, ' o''clock') AS observed
            FROM by_week c SEMI JOIN weeks w ON w.week_start = c.week_start
            WHERE NOT EXISTS (SELECT 1 FROM by_week b WHERE b.source = c.source
                AND b.week_start < c.week_start AND b.week_start >= c.week_start - 56)""",
    ),
)
