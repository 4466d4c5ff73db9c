"""What has to hold in `list_winback`: members of the week, each with play and reason; nobody who must not be."""

from expectations.checks import KEY, Check, OneOf, Present, RowsCheck
from expectations.member_tables import decided, key_checks_among_millions, ordered_places, weeks_of_members

ROW = ("source", "member_id", "week_start")
LISTED, MEMBERS = weeks_of_members("list_winback"), weeks_of_members("member_week_status")
STATUSES = ("at_risk", "churned", "never_active")

# A community may have taken a play away, and with it those whom it fitted.
BOTH_PLAYS = """(
    SELECT count(*) FROM canonical.winback_plays WHERE rule IN ('bought_before', 'was_creator_or_contributor')
) = 2"""

CHECKS: tuple[Check, ...] = (
    *key_checks_among_millions("list_winback"),
    Present(
        name="values_present",
        description="Every row says why, what to do, and whether the member is held out.",
        expected="play, reason, is_holdout, value_rank and status never missing",
        columns=("play", "reason", "is_holdout", "value_rank", "status"),
        key=ROW,
    ),
    OneOf(
        name="status_known",
        description="Only members who are silent, or never did anything, are to be won back.",
        expected=f"status one of {', '.join(STATUSES)}",
        columns=("status",),
        key=ROW,
        values=STATUSES,
    ),
    RowsCheck(
        name="do_not_contact_respected",
        description="Nobody who asked not to be contacted is on the list.",
        expected="no member of do_not_contact",
        key=ROW,
        sql="""
            SELECT checked.*, 'asked not to be contacted' AS observed
            FROM checked SEMI JOIN canonical.int_do_not_contact USING (source, member_id)""",
    ),
    decided(
        RowsCheck(
            name="status_matches_members",
            description="Every row is of a member of the week, with the status that the member has there.",
            expected="a row of member_week_status with the same status",
            key=ROW,
            # Statuses that must not be here are said by status_known.
            sql=f"""
                SELECT c.source, c.member_id, c.week_start,
                       concat(c.status, ' is ', coalesce(m.status, 'nobody')) AS observed
                FROM checked c LEFT JOIN reports.member_week_status m USING (source, member_id, week_start)
                WHERE c.source IS NOT NULL AND c.status IN {STATUSES} AND m.status IS DISTINCT FROM c.status""",
        ),
        f"""
        SELECT source, member_id
        FROM (SELECT * FROM temp.{LISTED.name} WHERE source IS NOT NULL AND status IN {STATUSES}) l
        LEFT JOIN temp.{MEMBERS.name} m USING (source, member_id, block)
        GROUP BY source, member_id, block, l.status
        HAVING any_value(l.weeks) & (
            (~coalesce(bit_or(m.weeks) FILTER (m.status = l.status), 0))
            | coalesce(bit_or(m.weeks) FILTER (m.status IS DISTINCT FROM l.status), 0)
        ) <> 0""",
        LISTED,
        MEMBERS,
    ),
    decided(
        RowsCheck(
            name="at_risk_are_listed",
            description="Whoever is at risk is on the list, but for those who asked not to be contacted.",
            expected="a row for every member at risk",
            key=ROW,
            counts_rows=False,
            sql=f"""
                SELECT m.source, m.member_id, m.week_start, 'at risk and not listed' AS observed
                FROM reports.member_week_status m SEMI JOIN weeks USING (week_start)
                ANTI JOIN checked USING (source, member_id, week_start)
                ANTI JOIN canonical.int_do_not_contact d ON d.source = m.source AND d.member_id = m.member_id
                WHERE m.status = 'at_risk' AND {BOTH_PLAYS}""",
        ),
        f"""
        SELECT source, member_id
        FROM (SELECT * FROM temp.{MEMBERS.name} WHERE status = 'at_risk') m
        LEFT JOIN temp.{LISTED.name} l USING (source, member_id, block)
        ANTI JOIN canonical.int_do_not_contact d USING (source, member_id)
        WHERE {BOTH_PLAYS}
        GROUP BY source, member_id, block
        HAVING any_value(m.weeks) & (~coalesce(bit_or(l.weeks), 0)) <> 0""",
        LISTED,
        MEMBERS,
    ),
    decided(
        RowsCheck(
            name="ranks_follow_value",
            description="The places run from 1 without a gap, and whoever was active in more weeks comes first.",
            expected="value_rank 1, 2, 3, ... by falling active_weeks",
            key=(*KEY, "value_rank"),
            sql="""
                SELECT *, concat('place ', value_rank, ' as number ', place) AS observed
                FROM (
                    SELECT *, row_number() OVER places AS place, lag(active_weeks) OVER places AS weeks_before
                    FROM checked WHERE source IS NOT NULL AND member_id IS NOT NULL AND value_rank IS NOT NULL
                    WINDOW places AS (PARTITION BY source, week_start ORDER BY value_rank, member_id)
                )
                WHERE value_rank <> place OR active_weeks > weeks_before""",
        ),
        ordered_places("value_rank", "active_weeks", ">"),
    ),
    RowsCheck(
        name="holdout_share_plausible",
        severity="warning",
        description="About as many are held out as the config says.",
        expected="the share held out within five standard deviations of holdout_share, on lists of 100 or more",
        counts_rows=False,
        sql="""
            SELECT source, week_start, concat(held_out, ' of ', listed, ' held out') AS observed
            FROM (
                SELECT source, week_start, count(*) AS listed, count_if(is_holdout) AS held_out
                FROM checked GROUP BY ALL
            ) CROSS JOIN (SELECT holdout_share FROM control.settings)
            WHERE listed >= 100
                AND abs(held_out - listed * holdout_share) > 5 * sqrt(listed * holdout_share * (1 - holdout_share))""",
    ),
)
