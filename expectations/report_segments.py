"""What has to hold in `report_segments`: one row for each source, week, attribute and value.

A source whose member list has no attributes has no rows, and that is fine.
"""

from expectations.checks import Between, Check, Present, RowsCheck, repeated_rows

SEGMENT = ("source", "week_start", "attribute", "value")


def matches_activity(column: str, words: str) -> RowsCheck:
    """The values of an attribute add up to the figure in `report_activity`."""
    return RowsCheck(
        name=f"{column}_match_activity",
        description=f"Every attribute splits all {words} of the week, those of unknown value included.",
        expected=f"{column} of an attribute's values add up to report_activity.{column}",
        key=("source", "week_start", "attribute"),
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, attribute, concat(any_value(c.total), ' instead of ',
                   coalesce(CAST(any_value(a.{column}) AS VARCHAR), 'no row')) AS observed
            FROM (SELECT source, week_start, attribute, sum({column}) AS total FROM checked
                  WHERE source IS NOT NULL AND attribute IS NOT NULL GROUP BY ALL) c
            LEFT JOIN reports.report_activity a USING (source, week_start)
            GROUP BY source, week_start, attribute HAVING any_value(c.total) IS DISTINCT FROM any_value(a.{column})""",
    )


CHECKS: tuple[Check, ...] = (
    Present(
        name="keys_present",
        description="Every row says what it is about; an unknown value is null.",
        expected="source, week_start and attribute never missing",
        columns=("source", "week_start", "attribute"),
        key=SEGMENT,
    ),
    RowsCheck(
        name="key_unique",
        description="There is one row for each source, week, attribute and value, never two.",
        expected="one row for each source, week_start, attribute, value",
        key=SEGMENT,
        counts_rows=False,
        sql=repeated_rows(SEGMENT),  # not the stock expectation: value may be null
    ),
    Present(
        name="values_present",
        description="Every count is filled, and with members there is a rate.",
        expected="members, active_members and active_rate never missing",
        columns=("members", "active_members", "active_rate"),
        key=SEGMENT,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="active_members at least 0",
        columns=("active_members",),
        key=SEGMENT,
        at_least=0,
    ),
    Between(
        name="members_positive",
        description="A value that nobody has makes no row.",
        expected="members at least 1",
        columns=("members",),
        key=SEGMENT,
        at_least=1,
    ),
    RowsCheck(
        name="active_within_members",
        description="The active members of a segment are members of it.",
        expected="active_members at most members",
        key=SEGMENT,
        # A count below 1 is said by members_positive.
        sql="""
            SELECT *, concat(active_members, ' of ', members) AS observed
            FROM checked WHERE members >= 1 AND active_members > members""",
    ),
    RowsCheck(
        name="rate_matches_counts",
        description="The rate is what its two counts give.",
        expected="active_rate = active_members / members",
        key=SEGMENT,
        sql="""
            SELECT *, concat(active_rate, ' for ', active_members, '/', members) AS observed
            FROM checked WHERE members >= 1 AND active_members BETWEEN 0 AND members
                AND abs(active_rate - active_members / members) > 1e-6""",
    ),
    matches_activity("members", "members"),
    matches_activity("active_members", "active members"),
    RowsCheck(
        name="values_fit",
        severity="warning",
        description="An attribute has few enough values to split by; one of thousands is perhaps mapped by mistake.",
        expected="no attribute with more values than segment_values_kept",
        key=SEGMENT,
        sql="SELECT *, concat(attribute, ': ', members, ' members share a row') AS observed FROM checked"
        " WHERE value = '(other values)'",
    ),
)
