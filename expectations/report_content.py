"""What has to hold in `report_content`: one row for each source, week and type of content.

A week in which nothing was made and nothing received has no rows, and that is fine.
"""

from expectations.checks import Between, Check, Present, RowsCheck, repeated_rows

TYPE = ("source", "week_start", "content_type")
ENGAGEMENTS = "coalesce(reactions, 0) + coalesce(replies, 0) + coalesce(shares, 0)"

CHECKS: tuple[Check, ...] = (
    Present(
        name="keys_present",
        description="Every row says which source and week it is of; the type of content may be unknown.",
        expected="source and week_start never missing",
        columns=("source", "week_start"),
        key=TYPE,
    ),
    RowsCheck(
        name="key_unique",
        description="There is one row for each source, week and type of content, never two.",
        expected="one row for each source, week_start, content_type",
        key=TYPE,
        counts_rows=False,
        sql=repeated_rows(TYPE),  # not the stock expectation: content_type may be null
    ),
    Present(
        name="values_present",
        description="What can always be counted is filled.",
        expected="posts and shares never missing",
        columns=("posts", "shares"),
        key=TYPE,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="every count and engagement_per_post at least 0",
        columns=("posts", "reactions", "replies", "shares", "views", "engagement_per_post"),
        key=TYPE,
        at_least=0,
    ),
    RowsCheck(
        name="rows_hold_something",
        description="A type of content that nobody made and that received nothing has no row.",
        expected="at least one count above 0",
        key=TYPE,
        sql=f"""
            SELECT *, 'all 0' AS observed FROM checked
            WHERE posts = 0 AND {ENGAGEMENTS} = 0 AND coalesce(views, 0) = 0""",
    ),
    RowsCheck(
        name="per_post_matches_counts",
        description="Engagement per post is what the counts give, and null where there is no post to divide by.",
        expected="engagement_per_post = (reactions + replies + shares) / posts",
        key=TYPE,
        # Below 0 is said by counts_not_negative.
        sql=f"""
            SELECT *, concat(coalesce(CAST(engagement_per_post AS VARCHAR), 'null'), ' for ', {ENGAGEMENTS}, '/', posts)
                AS observed
            FROM checked WHERE (posts = 0 AND engagement_per_post IS NOT NULL)
                OR (posts > 0 AND {ENGAGEMENTS} > 0 AND engagement_per_post IS NULL)
                OR (engagement_per_post >= 0
                    AND abs(engagement_per_post - ({ENGAGEMENTS}) / nullif(posts, 0)) > 1e-6)""",
    ),
    RowsCheck(
        name="posts_cover_activity",
        description="All posts of members are among the posts by type, besides those of officials.",
        expected="posts of all types at least report_activity.posts",
        counts_rows=False,
        # Led by the activity report: a week that has no rows at all is noticed too.
        sql="""
            SELECT a.source, a.week_start, concat(coalesce(c.posts, 0), ' of ', a.posts) AS observed
            FROM (SELECT source, week_start, max(posts) AS posts
                  FROM reports.report_activity SEMI JOIN weeks USING (week_start) GROUP BY ALL) a
            LEFT JOIN (SELECT source, week_start, sum(posts) AS posts FROM checked GROUP BY ALL) c
                USING (source, week_start)
            WHERE coalesce(c.posts, 0) < a.posts""",
    ),
    RowsCheck(
        name="engagement_matches_activity",
        description="What all types received together, for each member, is the engagement rate of the week.",
        expected="reactions, replies and shares of the types add up to engagement_rate x members of report_activity",
        counts_rows=False,
        sql=f"""
            SELECT a.source, a.week_start, concat(coalesce(c.received, 0), ' instead of ', a.received) AS observed
            FROM (SELECT source, week_start, max(engagement_rate * members) AS received
                  FROM reports.report_activity SEMI JOIN weeks USING (week_start) GROUP BY ALL) a
            LEFT JOIN (SELECT source, week_start, sum({ENGAGEMENTS}) AS received FROM checked GROUP BY ALL) c
                USING (source, week_start)
            WHERE abs(a.received - coalesce(c.received, 0)) > 1e-6 * greatest(1, a.received)""",
    ),
    RowsCheck(
        name="engagement_plausible",
        severity="warning",
        # People answer in bursts: against the median of the weeks before one week in five of a lively chat stood out.
        description="What was received is of the size it had in the eight weeks before.",
        expected="reactions, replies and shares from a quarter of the least to four times the most of the last 8 weeks",
        counts_rows=False,
        sql=f"""
            WITH by_week AS (
                SELECT source, week_start, sum({ENGAGEMENTS}) AS received FROM reports.report_content GROUP BY ALL
            )
            SELECT source, week_start, concat(received, ' after ', least, ' to ', most) AS observed
            FROM (
                SELECT c.source, c.week_start, any_value(c.received) AS received, min(before.received) AS least,
                       max(before.received) AS most
                FROM by_week c SEMI JOIN weeks w ON w.week_start = c.week_start
                JOIN by_week before ON before.source = c.source
                    AND before.week_start < c.week_start AND before.week_start >= c.week_start - 56
                GROUP BY c.source, c.week_start HAVING count(*) >= 4
            )
            WHERE greatest(received, least) >= 20 AND NOT received BETWEEN least / 4 AND most * 4""",
    ),
)
