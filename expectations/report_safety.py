"""What has to hold in `report_safety`: one row for each source, week and kind of event that the source can show.

A source that shows no such events has no rows, and that is fine.
"""

from expectations.checks import Between, Check, OneOf, Present, RowsCheck, key_checks

EVENT_TYPES = ("report", "block", "mute", "unfollow", "leave", "removed", "banned")
KIND = ("source", "week_start", "event_type")


def within_events(column: str, description: str) -> RowsCheck:
    """One count is part of the events."""
    return RowsCheck(
        name=f"{column}_within_events",
        description=description,
        expected=f"{column} at most events",
        key=KIND,
        sql=f"""
            SELECT *, concat({column}, ' of ', events) AS observed
            FROM checked WHERE events >= 0 AND {column} > events""",
    )


CHECKS: tuple[Check, ...] = (
    *key_checks(*KIND),
    Present(
        name="values_present",
        description="Every count is filled.",
        expected="events, members, inferred and active_members never missing",
        columns=("events", "members", "inferred", "active_members"),
        key=KIND,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="events, members, inferred and per_1000_active at least 0",
        columns=("events", "members", "inferred", "per_1000_active"),
        key=KIND,
        at_least=0,
    ),
    OneOf(
        name="event_type_known",
        description="Only the known kinds of events occur.",
        expected=f"event_type one of {', '.join(EVENT_TYPES)}",
        columns=("event_type",),
        key=KIND,
        values=EVENT_TYPES,
    ),
    within_events("members", "Every member concerned has at least one event."),
    within_events("inferred", "Events of a concluded instant are events."),
    RowsCheck(
        name="rate_null_when_undefined",
        description="The rate is null exactly where nobody was active.",
        expected="per_1000_active null if and only if active_members is 0",
        key=KIND,
        sql="""
            SELECT *, concat(coalesce(CAST(per_1000_active AS VARCHAR), 'null'), ' of ', active_members) AS observed
            FROM checked WHERE (per_1000_active IS NULL) <> (active_members = 0)""",
    ),
    RowsCheck(
        name="rate_matches_counts",
        description="The rate is what its two counts give.",
        expected="per_1000_active = 1000 x events / active_members",
        key=KIND,
        sql="""
            SELECT *, concat(per_1000_active, ' for ', events, '/', active_members) AS observed
            FROM checked WHERE active_members > 0 AND events >= 0 AND per_1000_active >= 0
                AND abs(per_1000_active - 1000 * events / active_members) > 1e-6 * greatest(1, per_1000_active)""",
    ),
    RowsCheck(
        name="active_members_match_activity",
        description="The rate is one of the week's active members.",
        expected="active_members = report_activity.active_members",
        key=KIND,
        sql="""
            SELECT c.*, concat(c.active_members, ' instead of ',
                   coalesce(CAST(a.active_members AS VARCHAR), 'no row')) AS observed
            FROM checked c
            LEFT JOIN (SELECT source, week_start, max(active_members) AS active_members
                       FROM reports.report_activity GROUP BY ALL) a USING (source, week_start)
            WHERE c.source IS NOT NULL AND c.active_members IS DISTINCT FROM a.active_members
                AND c.active_members IS NOT NULL""",
    ),
    RowsCheck(
        name="kinds_stay",
        severity="warning",
        # A warning: the week before may have been computed from exports that have been corrected since.
        description="What a source has once shown it goes on showing, if only as 0.",
        expected="a row for every event_type of the week before",
        key=KIND,
        counts_rows=False,
        sql=f"""
            SELECT p.source, w.week_start, p.event_type, 'no row' AS observed
            FROM weeks w JOIN reports.report_safety p ON p.week_start = w.week_start - 7
                AND p.event_type IN {EVENT_TYPES}
            SEMI JOIN control.sources s ON p.source IN (s.source, 'all')
            ANTI JOIN checked c
                ON c.source = p.source AND c.week_start = w.week_start AND c.event_type = p.event_type""",
    ),
)
