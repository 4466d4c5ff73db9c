"""What has to hold in `report_pyramid`: one row for each source, week and tier of participation."""

from expectations.against_activity import adds_up_to_activity, movement
from expectations.checks import ROWS_EXIST, Between, Check, OneOf, Present, RowsCheck, key_checks

TIERS = ("creator", "contributor", "lurker", "absent")
TIERS_WITHOUT_VIEWS = ("creator", "contributor", "silent")
TIER = ("source", "week_start", "tier")

CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks(*TIER),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="members never missing",
        columns=("members",),
        key=TIER,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="members at least 0",
        columns=("members",),
        key=TIER,
        at_least=0,
    ),
    Between(
        name="shares_in_range",
        description="Shares are shares of a whole.",
        expected="share between 0 and 1",
        columns=("share",),
        key=TIER,
        at_least=0,
        at_most=1,
    ),
    OneOf(
        name="tier_known",
        description="Only the tiers of participation occur.",
        expected="tier one of creator, contributor, lurker, absent, silent",
        columns=("tier",),
        key=TIER,
        values=(*TIERS, "silent"),
    ),
    RowsCheck(
        name="tiers_complete",
        description="Every source has its tiers: lurker and absent where views are observed, else silent.",
        expected=f"{', '.join(TIERS)} where views are observed, else {', '.join(TIERS_WITHOUT_VIEWS)}",
        counts_rows=False,
        sql=f"""
            WITH wanted AS (
                SELECT a.source, a.week_start,
                    unnest(CASE WHEN a.observes_views THEN {list(TIERS)} ELSE {list(TIERS_WITHOUT_VIEWS)} END) AS tier
                FROM reports.report_activity a SEMI JOIN checked USING (week_start)
            )
            SELECT source, week_start, concat('no ', tier) AS observed
            FROM wanted ANTI JOIN checked USING (source, week_start, tier)
            UNION ALL
            SELECT source, week_start, concat(tier, ' besides') AS observed
            FROM checked ANTI JOIN wanted USING (source, week_start, tier)
            WHERE tier IN {(*TIERS, "silent")}""",
    ),
    adds_up_to_activity(
        name="members_match_activity",
        description="The members of all tiers are the members of the week.",
        expected="members of the tiers add up to report_activity.members",
        column="members",
        total="sum(members)",
        figure="a.members",
    ),
    adds_up_to_activity(
        name="active_matches_activity",
        description="Creators and contributors are the active members of the week.",
        expected="creator + contributor = report_activity.active_members",
        column="members",
        total="sum(members) FILTER (tier IN ('creator', 'contributor'))",
        figure="a.active_members",
    ),
    RowsCheck(
        name="shares_match_members",
        description="A share is the tier's part of the members of the week, and empty where there are none.",
        expected="share = members / report_activity.members, null if there are none",
        key=TIER,
        # Shares out of [0, 1] are said by shares_in_range, members below 0 by counts_not_negative.
        sql="""
            SELECT c.*, concat(coalesce(CAST(share AS VARCHAR), 'null'), ' for ', c.members, '/', a.members) AS observed
            FROM checked c JOIN reports.report_activity a ON a.source = c.source AND a.week_start = c.week_start
            WHERE (share IS NULL) <> (a.members = 0)
                OR (share BETWEEN 0 AND 1 AND c.members >= 0
                    AND abs(share - c.members / nullif(a.members, 0)) > 1e-6)""",
    ),
    movement("report_pyramid", "members", "creators", "tier = 'creator'"),
)
