"""What has to hold in `report_onboarding_as_of`: one row for each source, reporting week and joining week."""

from expectations.checks import ROWS_EXIST, Between, Check, Present, RowsCheck, key_checks

STEPS = ("viewed", "active", "reply_received", "claimed", "purchased")
CELLS_7D = tuple(f"{step}_7d" for step in STEPS)
CELLS_28D = tuple(f"{step}_28d" for step in STEPS)
SPLITS = ("first_post_answered", "came_back_answered", "first_post_unanswered", "came_back_unanswered")
ALWAYS_SEEN = ("active", "claimed", "purchased")
COHORT = ("source", "week_start", "joined_week")


def where(condition: str, observed: str) -> str:
    """SQL for the rows in which a condition holds that must not."""
    return f"SELECT *, {observed} AS observed FROM checked WHERE {condition}"


def any_of(conditions: list[str]) -> str:
    """Conditions of which one is enough."""
    return " OR ".join(f"({condition})" for condition in conditions)


CHECKS: tuple[Check, ...] = (
    ROWS_EXIST,
    *key_checks(*COHORT),
    Present(
        name="values_present",
        description="How many joined is always known.",
        expected="joined and joined_inferred never missing",
        columns=("joined", "joined_inferred"),
        key=COHORT,
    ),
    Between(
        name="counts_not_negative",
        description="No count is below zero.",
        expected="every count at least 0",
        columns=("joined", "joined_inferred", *CELLS_7D, *CELLS_28D, "median_days_to_active", "came_back", *SPLITS),
        key=COHORT,
        at_least=0,
    ),
    RowsCheck(
        name="joining_week_in_range",
        description="A reporting week shows its own joining week and the four before it.",
        expected="joined_week 0 to 4 whole weeks before week_start",
        key=COHORT,
        sql=where(
            "date_diff('day', joined_week, week_start) NOT IN (0, 7, 14, 21, 28)",
            "concat('joined ', joined_week)",
        ),
    ),
    RowsCheck(
        name="joining_weeks_complete",
        description="No joining week whose figures can still change is missing.",
        expected="a row for each of the last five weeks that the source has",
        key=COHORT,
        counts_rows=False,
        sql="""
            SELECT source, week_start, joined_week, 'no row' AS observed
            FROM (SELECT DISTINCT source, w.week_start, j.week_start AS joined_week
                  FROM (SELECT DISTINCT source, week_start FROM checked) w JOIN reports.report_activity j USING (source)
                  WHERE j.week_start <= w.week_start AND j.week_start >= w.week_start - 28)
            ANTI JOIN checked USING (source, week_start, joined_week)""",
    ),
    RowsCheck(
        name="cells_wait_for_their_days",
        description="A cell is there exactly when its days have passed for everybody who joined in the week.",
        expected="7-day cells null in the joining week, 28-day cells null until four weeks later",
        key=COHORT,
        sql=where(
            any_of(
                [f"({step}_7d IS NULL) <> (joined_week = week_start)" for step in ALWAYS_SEEN]
                + [f"({step}_28d IS NULL) <> (joined_week > week_start - 28)" for step in ALWAYS_SEEN]
                + ["(came_back IS NULL) <> (joined_week > week_start - 28)"]
                + [f"joined_week > week_start - 28 AND {column} IS NOT NULL" for column in SPLITS]
            ),
            "concat('joined ', joined_week, ': active_7d ', coalesce(CAST(active_7d AS VARCHAR), 'null'),"
            " ', active_28d ', coalesce(CAST(active_28d AS VARCHAR), 'null'))",
        ),
    ),
    RowsCheck(
        name="unobserved_is_null",
        description="What a source cannot observe is left empty, never reported as a number.",
        expected="viewed_7d and viewed_28d null where views are not observed",
        key=COHORT,
        sql="""
            SELECT checked.*, concat('viewed ', coalesce(viewed_7d, viewed_28d)) AS observed FROM checked
            SEMI JOIN (SELECT source, week_start FROM reports.report_activity WHERE NOT observes_views)
                USING (source, week_start)
            WHERE coalesce(viewed_7d, viewed_28d) IS NOT NULL""",
    ),
    RowsCheck(
        name="steps_within_joined",
        description="Whoever took a step had joined.",
        expected=f"each of {', '.join(CELLS_28D)} at most joined",
        key=COHORT,
        sql=where(any_of([f"{cell} > joined" for cell in CELLS_28D]), "concat('of ', joined, ' joined')"),
    ),
    RowsCheck(
        name="seven_days_within_28",
        description="Whoever took a step within 7 days took it within 28.",
        expected="each 7-day cell at most its 28-day cell, and at most joined",
        key=COHORT,
        sql=where(
            any_of([f"{step}_7d > least(joined, coalesce({step}_28d, joined))" for step in STEPS]),
            "concat('of ', joined, ' joined')",
        ),
    ),
    RowsCheck(
        name="splits_within_whole",
        description="Those with an answered and with an unanswered first post are active, and came back or did not.",
        expected="first_post_... together at most active_28d, each came_back_... at most its first_post_...",
        key=COHORT,
        sql=where(
            "first_post_answered + first_post_unanswered > active_28d OR came_back_answered > first_post_answered"
            " OR came_back_unanswered > first_post_unanswered OR came_back_answered + came_back_unanswered > came_back",
            "concat(came_back_answered, ' of ', first_post_answered, ', ', came_back_unanswered, ' of ',"
            " first_post_unanswered)",
        ),
    ),
    RowsCheck(
        name="joined_covers_new_members",
        description="The week's new members are among those who joined in it; who left at once is one more.",
        expected="joined + joined_inferred of the week itself at least report_activity.new_members",
        key=COHORT,
        sql="""
            SELECT c.*, concat(joined + joined_inferred, ' for ', a.new_members, ' new members') AS observed
            FROM checked c
            JOIN (SELECT source, week_start, max(new_members) AS new_members
                  FROM reports.report_activity GROUP BY ALL) a USING (source, week_start)
            WHERE c.joined_week = c.week_start AND joined >= 0 AND joined_inferred >= 0
                AND joined + joined_inferred < a.new_members""",
    ),
)
