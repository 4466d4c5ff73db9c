"""What has to hold in `report_winback_lift`: two groups of a list's members, and what is said of their difference."""

from expectations.checks import Between, Check, OneOf, Present, RowsCheck, key_checks

ROW = ("source", "week_start", "lists", "play")
COUNTS = (
    "listed", "contacted", "holdout", "reactivated_contacted", "reactivated_holdout", "holdout_contacted",
    "do_not_contact",
)  # fmt: skip
VERDICTS = ("not_enough_members", "effect", "adverse_effect", "no_effect_seen")


def breach(condition: str, observed: str, tables: str = "checked") -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT checked.*, {observed} AS observed FROM {tables} WHERE {condition}"


CHECKS: tuple[Check, ...] = (
    *key_checks(*ROW),
    Present(
        name="values_present",
        description="Every count is there, and a verdict.",
        expected="the counts, list_week and verdict never missing",
        columns=(*COUNTS, "list_week", "verdict"),
        key=ROW,
    ),
    Between(
        name="counts_not_negative",
        description="Counts are not negative.",
        expected="the counts at least 0",
        columns=COUNTS,
        key=ROW,
        at_least=0,
    ),
    OneOf(
        name="verdict_known",
        description="Only the four verdicts occur.",
        expected=f"verdict one of {', '.join(VERDICTS)}",
        columns=("verdict",),
        key=ROW,
        values=VERDICTS,
    ),
    RowsCheck(
        name="groups_within_listed",
        description="Both groups are of the list, and nobody is in both.",
        expected="contacted + holdout + holdout_contacted at most listed",
        key=ROW,
        sql=breach(
            "contacted + holdout + holdout_contacted > listed AND contacted >= 0",
            "concat(contacted, ' + ', holdout, ' + ', holdout_contacted, ' of ', listed)",
        ),
    ),
    RowsCheck(
        name="reactivated_within_groups",
        description="Who came back is one of the group.",
        expected="reactivated members at most those of their group",
        key=ROW,
        sql=breach(
            "reactivated_contacted > contacted OR reactivated_holdout > holdout",
            "concat(reactivated_contacted, ' of ', contacted, ', ', reactivated_holdout, ' of ', holdout)",
        ),
    ),
    RowsCheck(
        name="rates_match_counts",
        description="Rates and their difference follow from the counts, and are null where a group is empty.",
        expected="rate = reactivated / members of the group; difference = rate_contacted - rate_holdout",
        key=ROW,
        sql=breach(
            """abs(rate_contacted - reactivated_contacted / nullif(contacted, 0)) > 1e-9
               OR abs(rate_holdout - reactivated_holdout / nullif(holdout, 0)) > 1e-9
               OR abs(difference - (rate_contacted - rate_holdout)) > 1e-9
               OR (rate_contacted IS NULL) <> (contacted = 0) OR (rate_holdout IS NULL) <> (holdout = 0)
               OR (difference IS NULL) <> (contacted = 0 OR holdout = 0)""",
            "concat_ws(' ', 'rates', rate_contacted, rate_holdout, 'difference', difference)",
        ),
    ),
    RowsCheck(
        name="interval_holds_difference",
        description="The interval lies around the difference, and is there exactly where there is one.",
        expected="low at most difference, high at least, within -1 and 1",
        key=ROW,
        sql=breach(
            """(low IS NULL) <> (difference IS NULL) OR (high IS NULL) <> (difference IS NULL)
               OR low > difference + 1e-9 OR high < difference - 1e-9 OR low < -1 - 1e-9 OR high > 1 + 1e-9""",
            "concat_ws(' ', 'from', low, 'to', high)",
        ),
    ),
    RowsCheck(
        name="verdict_follows_interval",
        description="Nothing is said of small groups, and an effect only where the interval lies on one side of 0.",
        expected="not_enough_members below lift_min_members in either group; else by the interval's place",
        key=ROW,
        sql=breach(
            f"""verdict IN {VERDICTS} AND verdict <> CASE
                    WHEN least(contacted, holdout) < lift_min_members THEN 'not_enough_members'
                    WHEN low > 0 THEN 'effect' WHEN high < 0 THEN 'adverse_effect' ELSE 'no_effect_seen' END""",
            "concat_ws(' ', verdict, 'of', contacted, 'and', holdout, 'from', low, 'to', high)",
            "checked CROSS JOIN (SELECT lift_min_members FROM control.settings)",
        ),
    ),
    RowsCheck(
        name="plays_add_up",
        description="On one list each member has one play.",
        expected="listed members of the plays add up to those of all, on one list",
        key=("source", "week_start"),
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(of_plays, ' of plays, ', of_all, ' in all') AS observed
            FROM (
                SELECT source, week_start, sum(CASE WHEN play <> 'all' THEN listed END) AS of_plays,
                       max(CASE WHEN play = 'all' THEN listed END) AS of_all
                FROM checked WHERE lists = 1 GROUP BY ALL
            )
            WHERE of_plays <> of_all""",
    ),
)
