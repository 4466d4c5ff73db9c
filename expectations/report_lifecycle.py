"""What has to hold in `report_lifecycle`: one row for each source, week and stage."""

from expectations.checks import ROWS_EXIST, Between, Check, OneOf, Present, RowsCheck, key_checks

STAGES = ("newbie", "growth", "mature", "churned")


def matches_activity(column: str, words: str) -> RowsCheck:
    """The stages of a source and week add up to the figure in `report_activity`."""
    return RowsCheck(
        name=f"{column}_match_activity",
        description=f"The {words} of the four stages are the {words} of the week.",
        expected=f"{column} of the stages add up to report_activity.{column}",
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat(any_value(c.total), ' instead of ',
                   coalesce(CAST(any_value(a.{column}) AS VARCHAR), 'no row')) AS observed
            FROM (SELECT source, week_start, sum({column}) AS total FROM checked GROUP BY source, week_start) c
            LEFT JOIN reports.report_activity a USING (source, week_start)
            GROUP BY source, week_start HAVING any_value(c.total) IS DISTINCT FROM any_value(a.{column})""",
    )


CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks("source", "week_start", "stage"),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="members, active_members and buyers never missing",
        columns=("members", "active_members", "buyers"),
        key=("source", "week_start", "stage"),
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="members, active_members and buyers at least 0",
        columns=("members", "active_members", "buyers"),
        key=("source", "week_start", "stage"),
        at_least=0,
    ),
    Between(
        name="shares_in_range",
        description="Shares are shares of a whole.",
        expected="share between 0 and 1",
        columns=("share",),
        key=("source", "week_start", "stage"),
        at_least=0,
        at_most=1,
    ),
    OneOf(
        name="stage_known",
        description="Only the four stages of the lifecycle occur.",
        expected=f"stage one of {', '.join(STAGES)}",
        columns=("stage",),
        key=("source", "week_start", "stage"),
        values=STAGES,
    ),
    RowsCheck(
        name="stages_complete",
        description="Every source of the week's activity report has all four stages, also those without members.",
        expected="the four stages for each source",
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat('no ', stage) AS observed
            FROM (SELECT source, week_start FROM checked
                  UNION
                  SELECT a.source, a.week_start FROM reports.report_activity a SEMI JOIN checked USING (week_start))
            CROSS JOIN (SELECT unnest({list(STAGES)}) AS stage)
            ANTI JOIN checked USING (source, week_start, stage)""",
    ),
    matches_activity("members", "members"),
    matches_activity("active_members", "active members"),
    RowsCheck(
        name="shares_add_up",
        description="The shares of the four stages are the whole community, and empty where there is nobody.",
        expected="shares add up to 1, or are all null where there are no members",
        counts_rows=False,
        # Shares out of [0, 1] are said by shares_in_range.
        sql="""
            SELECT source, week_start,
                   concat(coalesce(CAST(sum(share) AS VARCHAR), 'null'), ' of ', sum(members), ' members') AS observed
            FROM checked GROUP BY source, week_start
            HAVING coalesce(bool_and(share BETWEEN 0 AND 1), true) AND CASE WHEN sum(members) = 0 THEN count(share) > 0
                   ELSE count(share) < count(*) OR abs(sum(share) - 1) > 1e-6 END""",
    ),
    RowsCheck(
        name="buyers_within_members",
        description="Buyers of a stage are members of it.",
        expected="buyers at most members",
        key=("source", "week_start", "stage"),
        sql="SELECT *, concat(buyers, ' of ', members) AS observed FROM checked WHERE buyers > members",
    ),
    RowsCheck(
        name="active_within_members",
        description="Active members of a stage are members of it.",
        expected="active_members at most members",
        key=("source", "week_start", "stage"),
        sql="SELECT *, concat(active_members, ' of ', members) AS observed FROM checked WHERE active_members > members",
    ),
)
