"""What has to hold in `report_headlines`: one row for each source, week and headline metric."""

from expectations.checks import ROWS_EXIST, Between, Check, OneOf, Present, RowsCheck, key_checks, repeated_rows

HEADLINE = ("source", "week_start", "metric")
DIRECTIONS = ("up", "down", "steady")

CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks(*HEADLINE),
    Present(
        name="values_present",
        description="What cannot be seen makes no headline, so every headline has a value.",
        expected="value, sentence_key, weeks_compared and place never missing",
        columns=("value", "sentence_key", "weeks_compared", "place"),
        key=HEADLINE,
    ),
    RowsCheck(
        name="source_present",
        description="Every source of the week has headlines.",
        expected="a headline for each source in report_activity",
        key=("source", "week_start"),
        counts_rows=False,
        sql="""
            SELECT DISTINCT source, week_start, 'no headline' AS observed
            FROM reports.report_activity SEMI JOIN weeks USING (week_start)
            ANTI JOIN checked USING (source, week_start) WHERE week_start IN (SELECT week_start FROM checked)""",
    ),
    Between(
        name="at_most_eight",
        description="A week has no more headlines than somebody reads.",
        expected="place between 1 and 8",
        columns=("place",),
        key=HEADLINE,
        at_least=1,
        at_most=8,
    ),
    RowsCheck(
        name="places_unique",
        description="No two headlines of a source and week share a place.",
        expected="one headline for each place",
        key=("source", "week_start", "place"),
        counts_rows=False,
        sql=f"""
            SELECT * FROM ({repeated_rows(("source", "week_start", "place"))})
            ANTI JOIN ({repeated_rows(HEADLINE)}) USING (source, week_start)""",
    ),
    OneOf(
        name="direction_known",
        description="A figure goes up, down, or is steady.",
        expected=f"direction one of {', '.join(DIRECTIONS)}, or null",
        columns=("direction",),
        key=HEADLINE,
        values=DIRECTIONS,
    ),
    RowsCheck(
        name="direction_matches_change",
        description="The direction is that of the change against the mean of the four weeks before.",
        expected="up or down from headline_change_percent on, else steady; null without mean_4w",
        key=HEADLINE,
        # Right at the percentage the last digits of a mean may lie on either side.
        sql="""
            SELECT checked.*, concat(coalesce(direction, 'null'), ': ', value, ' after ', mean_4w) AS observed
            FROM checked CROSS JOIN control.settings
            WHERE direction IS NULL <> (mean_4w IS NULL)
                OR (direction = 'up' AND value <= mean_4w) OR (direction = 'down' AND value >= mean_4w)
                OR (direction IN ('up', 'down')
                    AND abs(value - mean_4w) < (headline_change_percent / 100 - 1e-9) * abs(mean_4w))
                OR (direction = 'steady' AND value <> mean_4w
                    AND abs(value - mean_4w) > (headline_change_percent / 100 + 1e-9) * abs(mean_4w))""",
    ),
    RowsCheck(
        name="z_needs_eight_weeks",
        description="How unusual a value is cannot be told from a few weeks.",
        expected="robust_z null where fewer than headline_min_weeks are compared, and never of more than 52",
        key=HEADLINE,
        sql="""
            SELECT *, concat(robust_z, ' from ', weeks_compared, ' weeks') AS observed
            FROM checked CROSS JOIN (SELECT headline_min_weeks FROM control.settings)
            WHERE (robust_z IS NOT NULL AND weeks_compared < headline_min_weeks)
                OR weeks_compared NOT BETWEEN 0 AND 52""",
    ),
    RowsCheck(
        name="previous_week_matches",
        severity="warning",
        description="The week before was computed from the same inputs as this one.",
        expected="previous = value of the week before",
        key=HEADLINE,
        sql="""
            SELECT c.*, concat(c.previous, ' instead of ', p.value) AS observed
            FROM checked c JOIN reports.report_headlines p
                ON p.source = c.source AND p.metric = c.metric AND p.week_start = c.week_start - 7
            WHERE c.previous <> p.value""",
    ),
)
