"""What has to hold in `report_churn`: one row for each source and week."""

from expectations.checks import ROWS_EXIST, Between, Check, Present, RowsCheck, key_checks

STATUSES = ("active", "quiet", "at_risk", "churned", "never_active")  # of community members; `left` is beside them
STAGES = ("newbie", "growth", "mature")
COUNTS = (
    *(*STATUSES, "left", "newly_at_risk", "newly_churned", "won_back", "members_at_start"),
    *(f"newly_churned_{stage}" for stage in STAGES),
)


def at_most(part: str, whole: str, description: str) -> RowsCheck:
    """One count is part of another."""
    return RowsCheck(
        name=f"{part}_within_{whole}",
        description=description,
        expected=f"{part} at most {whole}",
        sql=f"SELECT *, concat({part}, ' of ', {whole}) AS observed FROM checked WHERE {part} > {whole}",
    )


CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks("source", "week_start"),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="no count missing",
        columns=COUNTS,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="every count at least 0",
        columns=COUNTS,
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="Churn rates are shares of a whole.",
        expected="churn_rate, also by stage, between 0 and 1",
        columns=("churn_rate", *(f"churn_rate_{stage}" for stage in STAGES)),
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="rate_null_when_undefined",
        description="The churn rate is null exactly where nobody was left to churn.",
        expected="churn_rate null if and only if members_at_start is 0",
        sql="""
            SELECT *, concat(coalesce(CAST(churn_rate AS VARCHAR), 'null'), ' of ', members_at_start) AS observed
            FROM checked WHERE (churn_rate IS NULL) <> (members_at_start = 0)""",
    ),
    RowsCheck(
        name="rate_matches_counts",
        description="The churn rate is what its two counts give.",
        expected="churn_rate = newly_churned / members_at_start",
        sql="""
            SELECT *, concat(churn_rate, ' for ', newly_churned, '/', members_at_start) AS observed
            FROM checked WHERE members_at_start > 0 AND churn_rate BETWEEN 0 AND 1
                AND abs(churn_rate - newly_churned / members_at_start) > 1e-6""",
    ),
    RowsCheck(
        name="members_match_activity",
        description="Every community member of the week has exactly one status.",
        expected=f"{' + '.join(STATUSES)} = report_activity.members",
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, concat(coalesce(CAST(c.total AS VARCHAR), 'no row'), ' instead of ',
                   coalesce(CAST(a.members AS VARCHAR), 'no row')) AS observed
            FROM (
                SELECT source, week_start, max({" + ".join(STATUSES)}) AS total
                FROM checked WHERE source IS NOT NULL GROUP BY ALL
            ) c
            FULL JOIN (
                SELECT source, week_start, max(members) AS members
                FROM reports.report_activity SEMI JOIN checked USING (week_start) GROUP BY ALL
            ) a USING (source, week_start)
            WHERE c.total <> a.members OR a.source IS NULL OR c.source IS NULL""",
    ),
    at_most("newly_at_risk", "at_risk", "Members newly at risk are at risk."),
    at_most("newly_churned", "churned", "Members newly churned are churned."),
    at_most("won_back", "active", "Members won back are active."),
    RowsCheck(
        name="stage_split_adds_up",
        description="Everybody who newly churned was in one of the three stages in the week before.",
        expected=f"{' + '.join(f'newly_churned_{stage}' for stage in STAGES)} = newly_churned",
        sql=f"""
            SELECT *, concat({" + ".join(f"newly_churned_{stage}" for stage in STAGES)}, ' instead of ', newly_churned)
                   AS observed
            FROM checked WHERE {" + ".join(f"newly_churned_{stage}" for stage in STAGES)} <> newly_churned""",
    ),
)
