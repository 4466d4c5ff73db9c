"""What has to hold in `report_churn_calibration`: one row for each source, week and tenth of the chance."""

from expectations.checks import Between, Check, Present, RowsCheck, key_checks

BIN = ("source", "week_start", "bin")

CHECKS: tuple[Check, ...] = (
    *key_checks(*BIN),
    Present(
        name="values_present",
        description="Every tenth says how many members were given such a chance.",
        expected="members never missing",
        columns=("members",),
        key=BIN,
    ),
    Between(
        name="members_not_negative",
        description="Nobody counts less than nothing.",
        expected="members at least 0",
        columns=("members",),
        key=BIN,
        at_least=0,
    ),
    Between(
        name="rates_in_range",
        description="What came is a share of the members.",
        expected="observed between 0 and 1",
        columns=("observed",),
        key=BIN,
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="tenths_complete",
        description="All ten tenths are there, also those of nobody.",
        expected="bins 1 to 10",
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat('bins ', CAST(list_sort(list(DISTINCT bin)) AS VARCHAR)) AS observed
            FROM checked WHERE source IS NOT NULL
            GROUP BY ALL HAVING list_sort(list(DISTINCT bin)) <> CAST(range(1, 11) AS INTEGER[])""",
    ),
    RowsCheck(
        name="prediction_in_its_tenth",
        description="The mean of chances between two bounds lies between them.",
        expected="predicted from (bin - 1) / 10 to bin / 10",
        key=BIN,
        sql="""
            SELECT source, week_start, bin, concat(predicted, ' in bin ', bin) AS observed
            FROM checked WHERE NOT predicted BETWEEN (bin - 1) / 10 - 1e-9 AND bin / 10 + 1e-9""",
    ),
    RowsCheck(
        name="null_when_nobody",
        description="A tenth of nobody says nothing, and no other one is silent.",
        expected="predicted and observed null if and only if members is 0",
        key=BIN,
        sql="""
            SELECT source, week_start, bin, concat_ws(' ', members, 'members, predicted',
                   coalesce(CAST(predicted AS VARCHAR), 'null'), 'came', coalesce(CAST(c.observed AS VARCHAR), 'null'))
                   AS observed
            FROM checked c WHERE (members = 0) <> (predicted IS NULL) OR (members = 0) <> (c.observed IS NULL)""",
    ),
    RowsCheck(
        name="chances_come_true",
        description="Over the last 52 weeks as many were active as the model said, to one in ten members.",
        expected="sum of members x predicted within a tenth of the members of sum of members x observed",
        severity="warning",
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(round(said, 3), ' said, ', round(came, 3), ' came') AS observed
            FROM (
                SELECT c.source, c.week_start, sum(b.members) AS members,
                    sum(b.members * b.predicted) / sum(b.members) AS said,
                    sum(b.members * b.observed) / sum(b.members) AS came
                FROM (SELECT DISTINCT source, week_start FROM checked) c
                JOIN reports.report_churn_calibration b ON b.source = c.source
                    AND b.week_start <= c.week_start AND b.week_start > c.week_start - 364 AND b.members > 0
                GROUP BY ALL
            )
            WHERE members >= 1000 AND abs(said - came) > 0.1""",
    ),
)
