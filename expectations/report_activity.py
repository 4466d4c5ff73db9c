"""What has to hold in `report_activity`: one row for each source and week."""

from expectations.against_activity import movement
from expectations.checks import ROWS_EXIST, Between, Check, Present, RowsCheck, key_checks
from expectations.source_silence import SOURCE_CHECKS

TYPES = ("posts", "replies", "messages", "reactions", "shares", "votes", "attends", "claims", "follows")
ACTIVE_DAYS = tuple(f"active_{days}" for days in range(1, 8))
COUNTS = (
    *("members", "new_members", "left_members", "active_members", "silent_members"),
    *("new_active", "retained", "resurrected", "dormant", "interactions"),
    *(name for name in TYPES if name != "reactions"),
    *("dau_mean", "mau", *ACTIVE_DAYS),
    *("members_join_inferred", "active_members_previous"),
)
CONCENTRATION = ("top_1_pct_share", "top_10_pct_share", "gini", "absence_factor")
RATES = {  # rate: (numerator, denominator)
    "active_rate": ("active_members", "members"),
    "stickiness": ("dau_mean", "mau"),
    "quick_ratio": ("new_active + resurrected", "dormant"),
    "interactions_per_active": ("interactions", "active_members"),
}


def breach(condition: str, observed: str) -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT source, week_start, {observed} AS observed FROM checked WHERE {condition}"


def sum_of(columns: tuple[str, ...]) -> str:
    """The columns added up; what a source cannot show adds nothing."""
    return " + ".join(f"coalesce({column}, 0)" for column in columns)


def broken_rates(condition: str) -> str:
    """SQL for the rates that break a condition on `rate`, `above` and `below` the line, as rows of their own."""
    return " UNION ALL ".join(
        f"""SELECT source, week_start,
                   concat('{rate} ', coalesce(CAST(rate AS VARCHAR), 'null'), ' for ', above, '/', below) AS observed
            FROM (SELECT *, '{rate}' AS name, {rate} AS rate, {above} AS above, {below} AS below FROM checked)
            WHERE {condition}"""
        for rate, (above, below) in RATES.items()
    )


CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks("source", "week_start"),
    Present(
        name="values_present",
        description="Every figure that can always be counted is filled.",
        expected="no figure missing, except those the source cannot observe",
        columns=(*COUNTS, "observes_views"),
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="every count at least 0",
        columns=(
            *(*COUNTS, "reactions", "lurking_members", "absent_members", "views"),
            *("quick_ratio", "interactions_per_active", "engagement_rate"),
        ),
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="Rates are shares of a whole.",
        expected="active_rate and stickiness between 0 and 1",
        columns=("active_rate", "stickiness"),
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="rates_null_when_undefined",
        description="A rate is null exactly where there is nothing to divide by.",
        expected="null if and only if the denominator is 0",
        sql=broken_rates("(rate IS NULL) <> (below = 0)"),
    ),
    RowsCheck(
        name="rates_match_counts",
        description="Every rate is what its two counts give.",
        expected="rate = numerator / denominator",
        # Below 0 is said by counts_not_negative, above 1 by rates_in_range: those two are shares of what is below them.
        sql=broken_rates(
            "below > 0 AND rate >= 0 AND abs(rate - above / below) > 1e-6 * greatest(1, rate)"
            " AND NOT (name IN ('active_rate', 'stickiness') AND rate > 1)"
        ),
    ),
    *SOURCE_CHECKS,
    RowsCheck(
        name="audience_adds_up",
        description="Where views are observed, active, lurking and absent members are all members.",
        expected="active_members + lurking_members + absent_members = members",
        sql=breach(
            "observes_views AND (active_members + lurking_members + absent_members) IS DISTINCT FROM members",
            "concat(active_members, ' + ', coalesce(CAST(lurking_members AS VARCHAR), 'null'), ' + ',"
            " coalesce(CAST(absent_members AS VARCHAR), 'null'), ' instead of ', members)",
        ),
    ),
    RowsCheck(
        name="silent_adds_up",
        description="Everybody who is not active is silent.",
        expected="silent_members = members - active_members",
        sql=breach(
            "silent_members <> members - active_members",
            "concat(silent_members, ' instead of ', members - active_members)",
        ),
    ),
    RowsCheck(
        name="unobserved_is_null",
        description="What a source cannot observe is left empty, never reported as a number.",
        expected="lurking_members and absent_members null where views are not observed",
        sql=breach(
            "NOT observes_views AND (lurking_members IS NOT NULL OR absent_members IS NOT NULL)",
            "concat_ws(', ', 'lurking ' || lurking_members, 'absent ' || absent_members)",
        ),
    ),
    RowsCheck(
        name="active_adds_up",
        description="Active members are new, retained or resurrected, and nothing else.",
        expected="active_members = new_active + retained + resurrected",
        sql=breach(
            "active_members <> new_active + retained + resurrected",
            "concat(new_active + retained + resurrected, ' instead of ', active_members)",
        ),
    ),
    RowsCheck(
        name="active_carries_over",
        description="Active members are last week's, plus those who came, less those who fell silent.",
        expected="active_members = active_members_previous + new_active + resurrected - dormant",
        sql=breach(
            "active_members <> active_members_previous + new_active + resurrected - dormant",
            "concat(active_members_previous + new_active + resurrected - dormant, ' instead of ', active_members)",
        ),
    ),
    RowsCheck(
        name="previous_week_matches",
        severity="warning",
        description="The week before was computed from the same inputs as this one.",
        expected="active_members_previous = active_members of the week before",
        sql="""
            SELECT c.source, c.week_start,
                   concat(c.active_members_previous, ' instead of ', p.active_members) AS observed
            FROM checked c JOIN reports.report_activity p
                ON p.source = c.source AND p.week_start = c.week_start - 7
            WHERE c.active_members_previous <> p.active_members""",
    ),
    RowsCheck(
        name="active_days_add_up",
        description="Every active member was active on one to seven days.",
        expected="active_1 + ... + active_7 = active_members",
        sql=breach(
            f"{sum_of(ACTIVE_DAYS)} <> active_members", f"concat({sum_of(ACTIVE_DAYS)}, ' instead of ', active_members)"
        ),
    ),
    RowsCheck(
        name="daily_active_within_weekly",
        description="On a mean day no more members are active than in the whole week.",
        expected="dau_mean at most active_members",
        sql=breach("dau_mean > active_members + 1e-9", "concat(dau_mean, ' a day of ', active_members)"),
    ),
    RowsCheck(
        name="monthly_active_in_range",
        description="Whoever was active in the week was active in the month, and is a member.",
        expected="active_members <= mau <= members",
        sql=breach(
            "NOT mau BETWEEN active_members AND members",
            "concat(mau, ' with ', active_members, ' active of ', members)",
        ),
    ),
    RowsCheck(
        name="interactions_match_types",
        severity="warning",
        description="Interactions are the sum of the active types, unless the community changed the table of types.",
        expected=f"interactions = {' + '.join(TYPES)}",
        sql=breach(f"interactions <> {sum_of(TYPES)}", f"concat({sum_of(TYPES)}, ' instead of ', interactions)"),
    ),
    RowsCheck(
        name="interactions_cover_active",
        description="Every active member has at least one interaction.",
        expected="interactions at least active_members",
        sql=breach("interactions < active_members", "concat(interactions, ' by ', active_members)"),
    ),
    RowsCheck(
        name="new_members_within_members",
        description="New members are members.",
        expected="new_members at most members",
        sql=breach("new_members > members", "concat(new_members, ' of ', members)"),
    ),
    RowsCheck(
        name="inferred_joins_within_members",
        description="Members whose joining had to be guessed are members.",
        expected="members_join_inferred at most members",
        sql=breach("members_join_inferred > members", "concat(members_join_inferred, ' of ', members)"),
    ),
    RowsCheck(
        name="concentration_in_range",
        description="How unevenly the interactions are spread lies within what it can be.",
        expected="0 < top_1_pct_share <= top_10_pct_share <= 1, 0 <= gini < 1, absence_factor from 1 to active_members",
        sql=breach(
            "NOT (top_1_pct_share > 0 AND top_1_pct_share <= top_10_pct_share AND top_10_pct_share <= 1)"
            " OR NOT (gini >= 0 AND gini < 1) OR NOT absence_factor BETWEEN 1 AND active_members",
            "concat_ws(', ', 'top 1 % ' || top_1_pct_share, 'top 10 % ' || top_10_pct_share, 'gini ' || gini,"
            " 'absence factor ' || absence_factor)",
        ),
    ),
    RowsCheck(
        name="concentration_null_when_undefined",
        description="Where nobody was active there is nothing to be spread, and else there is.",
        expected="top_1_pct_share, top_10_pct_share, gini and absence_factor null if and only if active_members is 0",
        sql=breach(
            " OR ".join(f"({column} IS NULL) <> (active_members = 0)" for column in CONCENTRATION),
            "concat_ws(', ', active_members || ' active', 'top 1 % ' || top_1_pct_share, 'gini ' || gini)",
        ),
    ),
    RowsCheck(
        name="engagement_change_matches_weeks",
        severity="warning",
        # Late rows may have changed what an earlier week received since it was computed.
        description="The change of engagement is what the rates of the sixteen weeks give.",
        expected="mean rate of the last 4 weeks / mean rate of the 4 weeks that ended 12 weeks earlier - 1",
        sql="""
            SELECT source, week_start, concat(any_value(change), ' instead of ', recent / earlier - 1) AS observed
            FROM (
                SELECT c.source, c.week_start, any_value(c.engagement_rate_change_12w) AS change,
                       sum(b.engagement_rate) FILTER (b.week_start > c.week_start - 28) AS recent,
                       sum(b.engagement_rate) FILTER (b.week_start <= c.week_start - 84) AS earlier
                FROM checked c JOIN reports.report_activity b ON b.source = c.source
                    AND b.week_start <= c.week_start AND b.week_start >= c.week_start - 105
                WHERE c.engagement_rate_change_12w IS NOT NULL
                GROUP BY c.source, c.week_start
                HAVING count(b.engagement_rate) = 16 AND count(DISTINCT b.week_start) = 16
            )
            GROUP BY source, week_start, recent, earlier
            HAVING abs(any_value(change) - (recent / earlier - 1)) > 1e-6 * greatest(1, abs(any_value(change)))""",
    ),
    movement("report_activity", "members", "members"),
    movement("report_activity", "active_members", "active members"),
    movement("report_activity", "posts", "posts"),
)
