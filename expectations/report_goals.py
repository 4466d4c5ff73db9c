"""What has to hold in `report_goals`: one row for each goal and week of its own. Without goals there are no rows."""

from expectations.checks import Check, Present, RowsCheck, key_checks

GOAL = ("goal", "week_start")

CHECKS: tuple[Check, ...] = (
    *key_checks(*GOAL),
    Present(
        name="values_present",
        description="Every row says which figure of which source it is about.",
        expected="metric and source never missing",
        columns=("metric", "source"),
        key=GOAL,
    ),
    RowsCheck(
        name="goal_present",
        description="Every goal has a row in each of its weeks.",
        expected="a row for every goal of the config from its first week to its last",
        key=GOAL,
        counts_rows=False,
        sql="""
            SELECT goal, weeks.week_start, 'no row' AS observed
            FROM control.goals goals JOIN weeks ON weeks.week_start BETWEEN goals.from_week AND goals.to_week
            ANTI JOIN checked USING (goal, week_start)""",
    ),
    RowsCheck(
        name="goal_known",
        description="Every row belongs to a goal of the config, in one of its weeks.",
        expected="a goal of the config, within its weeks",
        key=GOAL,
        sql="""
            SELECT checked.*, concat(goal, ' is no goal of this week') AS observed
            FROM checked ANTI JOIN control.goals goals ON goals.goal = checked.goal
                AND checked.week_start BETWEEN goals.from_week AND goals.to_week
            WHERE checked.goal IS NOT NULL""",
    ),
    RowsCheck(
        name="line_needs_a_start",
        description="There is a line to follow exactly where the goal has a value to start from.",
        expected="expected_by_now null if and only if start_value is",
        key=GOAL,
        sql="""
            SELECT *, concat('start ', coalesce(CAST(start_value AS VARCHAR), 'null'), ', expected ',
                   coalesce(CAST(expected_by_now AS VARCHAR), 'null')) AS observed
            FROM checked WHERE (expected_by_now IS NULL) <> (start_value IS NULL)""",
    ),
    RowsCheck(
        name="line_within_start_and_target",
        description="The line leads from the start to the target, and no farther.",
        expected="expected_by_now between start_value and target",
        key=GOAL,
        sql="""
            SELECT *, concat(expected_by_now, ' from ', start_value, ' to ', target) AS observed
            FROM checked WHERE start_value IS NOT NULL
                AND (expected_by_now < least(start_value, target) - 1e-6 * abs(target)
                     OR expected_by_now > greatest(start_value, target) + 1e-6 * abs(target))""",
    ),
    RowsCheck(
        name="on_track_matches_line",
        description="A goal is on track where its value has come as far as the line.",
        expected="on_track = value at or past expected_by_now, null where either is unknown",
        key=GOAL,
        # A value on the line to the last digits may be on either side of it.
        sql="""
            SELECT *, concat('on_track ', coalesce(CAST(on_track AS VARCHAR), 'null'), ' with ', value, ' for ',
                   expected_by_now) AS observed
            FROM checked WHERE (on_track IS NULL) <> (value IS NULL OR expected_by_now IS NULL)
                OR (abs(value - expected_by_now) > 1e-6 * abs(expected_by_now) AND start_value IS NOT NULL
                    AND expected_by_now BETWEEN least(start_value, target) AND greatest(start_value, target)
                    AND on_track <> ((target >= start_value) = (value > expected_by_now)))""",
    ),
)
