"""What has to hold in `report_lifecycle_moves`: one row for each source, week and pair of stages that saw a move.

A week without moves has no rows, and that is fine.
"""

from expectations.checks import Check, OneOf, Present, RowsCheck, repeated_rows
from expectations.report_lifecycle import STAGES

MOVE = ("source", "week_start", "from_stage", "to_stage")


def balance(condition: str) -> str:
    """SQL for stages whose members changed by something else than the moves, in weeks chosen by a condition."""
    return f"""
        WITH change AS (
            SELECT l.source, l.week_start, l.stage, sum(l.members) - sum(p.members) AS members
            FROM reports.report_lifecycle l
            JOIN reports.report_lifecycle p
                ON p.source = l.source AND p.stage = l.stage AND p.week_start = l.week_start - 7
            WHERE l.week_start IN (SELECT week_start FROM weeks)
                AND p.week_start {condition} (SELECT week_start FROM weeks)
            GROUP BY l.source, l.week_start, l.stage
        ), moved AS (
            SELECT source, week_start, stage, sum(members) AS members FROM (
                SELECT source, week_start, to_stage AS stage, members FROM checked
                UNION ALL SELECT source, week_start, from_stage, -members FROM checked
            ) GROUP BY source, week_start, stage
        )
        SELECT c.source, c.week_start, c.stage,
               concat(c.stage, ' changed by ', c.members, ', moves give ', coalesce(m.members, 0)) AS observed
        FROM change c LEFT JOIN moved m USING (source, week_start, stage)
        WHERE c.members <> coalesce(m.members, 0)"""


CHECKS: tuple[Check, ...] = (
    Present(
        name="keys_present",
        description="Every row says which source, week and stage it leads to; who joined has no stage before.",
        expected="source, week_start and to_stage never missing",
        columns=("source", "week_start", "to_stage"),
        key=MOVE,
    ),
    RowsCheck(
        name="key_unique",
        description="There is one row for each source, week and pair of stages, never two.",
        expected="one row for each source, week_start, from_stage, to_stage",
        key=MOVE,
        counts_rows=False,
        sql=repeated_rows(MOVE),  # not the stock expectation: from_stage may be null
    ),
    OneOf(
        name="from_stage_known",
        description="Members come from one of the four stages, or from nowhere if they joined.",
        expected=f"from_stage one of {', '.join(STAGES)}, or null",
        columns=("from_stage",),
        key=MOVE,
        values=STAGES,
    ),
    OneOf(
        name="to_stage_known",
        description="Members go to one of the four stages, or leave.",
        expected=f"to_stage one of {', '.join(STAGES)}, left",
        columns=("to_stage",),
        key=MOVE,
        values=(*STAGES, "left"),
    ),
    RowsCheck(
        name="moves_are_real",
        description="A move leads somewhere else.",
        expected="from_stage differs from to_stage",
        key=MOVE,
        sql="SELECT *, concat(from_stage, ' to ', to_stage) AS observed FROM checked WHERE from_stage = to_stage",
    ),
    RowsCheck(
        name="members_positive",
        description="Every row counts at least one member.",
        expected="members at least 1",
        key=MOVE,
        sql="""
            SELECT *, coalesce(CAST(members AS VARCHAR), 'null') AS observed
            FROM checked WHERE coalesce(members < 1, true)""",
    ),
    RowsCheck(
        name="moves_balance",
        description="The moves of the week explain how the members of each stage changed since the week before.",
        expected="members into a stage less members out of it = change of report_lifecycle.members",
        key=("source", "week_start", "stage"),
        counts_rows=False,
        sql=balance("IN"),
    ),
    RowsCheck(
        name="moves_balance_earlier",
        severity="warning",
        description="The moves of the week explain the change since the week before, computed in an earlier run.",
        expected="members into a stage less members out of it = change of report_lifecycle.members",
        key=("source", "week_start", "stage"),
        counts_rows=False,
        sql=balance("NOT IN"),
    ),
)
