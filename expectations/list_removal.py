"""What has to hold in `list_removal`: accounts long silent, long unseen and long there, the least to lose first."""

from expectations.checks import KEY, Between, Check, Present, RowsCheck
from expectations.member_tables import decided, key_checks_among_millions, ordered_places, weeks_of_members

ROW = ("source", "member_id", "week_start")
LISTED, MEMBERS = weeks_of_members("list_removal"), weeks_of_members("member_week_status")


def breach(condition: str, observed: str) -> str:
    """SQL for the rows that break a condition on themselves and the community's settings."""
    return f"SELECT checked.*, {observed} AS observed FROM checked CROSS JOIN control.settings t WHERE {condition}"


CHECKS: tuple[Check, ...] = (
    *key_checks_among_millions("list_removal"),
    Present(
        name="values_present",
        description="Every row has its score, its place and what they rest on.",
        expected="score, place, silence_weeks and tenure_days never missing",
        columns=("score", "place", "silence_weeks", "tenure_days"),
        key=ROW,
    ),
    Between(
        name="score_in_range",
        description="The score is a mean of places from 0 to 1.",
        expected="score between 0 and 1",
        columns=("score",),
        key=ROW,
        at_least=0,
        at_most=1,
    ),
    RowsCheck(
        name="silent_for_long",
        description="Nobody is listed who gave a sign of life in the last months.",
        expected="silence_weeks at least removal_silence_weeks",
        key=ROW,
        sql=breach("silence_weeks < t.removal_silence_weeks", "concat('silent for ', silence_weeks, ' weeks')"),
    ),
    RowsCheck(
        name="unseen_for_long",
        description="Nobody is listed who still reads.",
        expected="last_seen_at null, or before the removal_silence_weeks that end with the week",
        key=ROW,
        # A day's grace: the week ends at midnight in the community's zone, the instant is in UTC.
        sql=breach(
            "last_seen_at > week_start + 7 - CAST(7 * (t.removal_silence_weeks - 1) AS INTEGER) + INTERVAL 1 DAY",
            "concat('seen ', last_seen_at)",
        ),
    ),
    RowsCheck(
        name="there_for_long",
        description="Nobody is listed who joined in the last months.",
        expected="tenure_days at least removal_tenure_days",
        key=ROW,
        sql=breach("tenure_days < t.removal_tenure_days", "concat('there for ', tenure_days, ' days')"),
    ),
    RowsCheck(
        name="no_late_purchase",
        description="Nobody is listed who bought within the last year.",
        expected="last_ordered_at null, or before the removal_purchase_days that end with the week",
        key=ROW,
        sql=breach(
            "last_ordered_at > week_start + 7 - t.removal_purchase_days + INTERVAL 1 DAY",
            "concat('bought ', last_ordered_at)",
        ),
    ),
    decided(
        RowsCheck(
            name="members_only",
            description="Every row is of a member of the week who has not left.",
            expected="a row of member_week_status, not left",
            key=ROW,
            sql="""
                SELECT c.*, 'no member' AS observed FROM checked c
                ANTI JOIN (
                    SELECT * FROM reports.member_week_status SEMI JOIN weeks USING (week_start) WHERE status <> 'left'
                ) m USING (source, member_id, week_start)
                WHERE c.source IS NOT NULL AND c.member_id IS NOT NULL""",
        ),
        f"""
        SELECT source, member_id
        FROM temp.{LISTED.name} l
        LEFT JOIN (SELECT * FROM temp.{MEMBERS.name} WHERE status <> 'left') m USING (source, member_id, block)
        WHERE source IS NOT NULL AND member_id IS NOT NULL
        GROUP BY source, member_id, block
        HAVING bit_or(l.weeks) & (~coalesce(bit_or(m.weeks), 0)) <> 0""",
        LISTED,
        MEMBERS,
    ),
    decided(
        RowsCheck(
            name="places_follow_score",
            description="The places run from 1 without a gap, by rising score.",
            expected="place 1, 2, 3, ... by rising score",
            key=(*KEY, "place"),
            sql="""
                SELECT *, concat('place ', place, ' as number ', number) AS observed
                FROM (
                    SELECT *, row_number() OVER places AS number, lag(score) OVER places AS score_before
                    FROM checked WHERE source IS NOT NULL AND member_id IS NOT NULL AND place IS NOT NULL
                    WINDOW places AS (PARTITION BY source, week_start ORDER BY place, member_id)
                )
                WHERE place <> number OR score < score_before""",
        ),
        ordered_places("place", "score", "<"),
    ),
)
