"""What has to hold in `report_surveys`: one row for each source, week, survey and question answered in the week."""

from expectations.checks import Between, Check, OneOf, Present, RowsCheck, key_checks

ROW = ("source", "week_start", "survey_id", "question")
KINDS = ("nps", "rating", "choice", "text")
GROUPS = ("active_before", "silent_before")
NUMBERS = tuple(f"{figure}{group}" for figure in ("mean", "nps") for group in ("", *(f"_{g}" for g in GROUPS)))

# Answers that are reported: those of bots and official accounts are not.
ANSWERS = """
    SELECT a.source, a.week_start, a.survey_id, a.question, count(*) AS answers
    FROM canonical.int_survey_answers a
    ANTI JOIN (SELECT member_id FROM canonical.int_community_members WHERE is_excluded AND source <> 'all') e
        ON e.member_id = a.member_id
    WHERE a.week_start IN (SELECT week_start FROM weeks) GROUP BY ALL"""


def breach(condition: str, observed: str) -> str:
    """SQL for the rows in which a condition on the row alone is broken."""
    return f"SELECT source, week_start, survey_id, question, {observed} AS observed FROM checked WHERE {condition}"


CHECKS: tuple[Check, ...] = (
    *key_checks(*ROW),
    Present(
        name="values_present",
        description="Every row says how many answered.",
        expected="responses never missing",
        columns=("responses",),
        key=ROW,
    ),
    Between(
        name="responses_positive",
        description="A question has a row only in weeks in which somebody answered it.",
        expected="responses at least 1",
        columns=("responses",),
        key=ROW,
        at_least=1,
    ),
    Between(
        name="nps_in_range",
        description="A net promoter score lies between all detractors and all promoters.",
        expected="nps, also of the two groups, between -100 and 100",
        columns=tuple(name for name in NUMBERS if name.startswith("nps")),
        key=ROW,
        at_least=-100,
        at_most=100,
    ),
    OneOf(
        name="kind_known",
        description="Only the four kinds of questions occur.",
        expected=f"kind one of {', '.join(KINDS)}",
        columns=("kind",),
        key=ROW,
        values=KINDS,
    ),
    RowsCheck(
        name="figures_fit_kind",
        description="Each kind of question has its figures and no others: a score, a mean, a list of choices.",
        expected="nps filled only for nps, mean for nps and rating, top_choices for choice",
        key=ROW,
        sql=breach(
            """(kind = 'nps') <> (nps IS NOT NULL) OR (kind IN ('nps', 'rating')) <> (mean IS NOT NULL)
               OR (kind = 'choice') <> (top_choices IS NOT NULL)""",
            "concat_ws(' ', kind, 'with', 'nps ' || nps, 'mean ' || mean, 'choices ' || top_choices)",
        ),
    ),
    RowsCheck(
        name="responses_within_invited",
        severity="warning",
        description="Nobody answers who was not reached.",
        expected="responses at most invited",
        key=ROW,
        sql=breach("responses > invited", "concat(responses, ' of ', invited)"),
    ),
    RowsCheck(
        name="response_rate_matches_counts",
        description="The response rate is the ratio of the counts beside it, and unknown where invitations are.",
        expected="response_rate = responses / invited, null without invited or with more responses",
        key=ROW,
        sql=breach(
            """coalesce(responses <= invited, false) <> (response_rate IS NOT NULL)
               OR abs(response_rate - CAST(responses AS DOUBLE) / nullif(invited, 0)) > 1e-9""",
            "concat(coalesce(CAST(response_rate AS VARCHAR), 'null'), ' for ', responses, '/', invited)",
        ),
    ),
    RowsCheck(
        name="split_fits_responses",
        description="Known respondents were active before or silent, and are no more than all.",
        expected="both groups filled or none; together from 1 to responses",
        key=ROW,
        sql=breach(
            """(responses_active_before IS NULL) <> (responses_silent_before IS NULL)
               OR least(responses_active_before, responses_silent_before) < 0
               OR NOT responses_active_before + responses_silent_before BETWEEN 1 AND responses""",
            "concat_ws(' ', 'active', responses_active_before, 'silent', responses_silent_before, 'of', responses)",
        ),
    ),
    RowsCheck(
        name="groups_have_answers",
        description="A group of nobody has no figures.",
        expected="mean and nps of a group null where nobody of it answered",
        key=ROW,
        sql=" UNION ALL ".join(
            breach(
                f"coalesce(responses_{group}, 0) = 0 AND coalesce(mean_{group}, nps_{group}) IS NOT NULL",
                f"concat('{group}: ', coalesce(mean_{group}, nps_{group}), ' of nobody')",
            )
            for group in GROUPS
        ),
    ),
    RowsCheck(
        name="mean_between_groups",
        description="Where every respondent is known, the mean lies between those of the two groups.",
        expected="mean within the means of its groups",
        key=ROW,
        sql=breach(
            """responses_active_before + responses_silent_before = responses AND NOT mean BETWEEN
               least(mean_active_before, mean_silent_before) - 1e-9
               AND greatest(mean_active_before, mean_silent_before) + 1e-9""",
            "concat_ws(' ', mean, 'of', mean_active_before, mean_silent_before)",
        ),
    ),
    RowsCheck(
        name="answers_reported",
        description="Every question that was answered in the week has a row, of no more responses than answers.",
        expected="a row for each question with answers, responses at most their number",
        key=ROW,
        counts_rows=False,
        sql=f"""
            SELECT source, week_start, survey_id, question,
                   concat(coalesce(CAST(c.responses AS VARCHAR), 'no row'), ' for ', coalesce(a.answers, 0), ' answers')
                   AS observed
            FROM ({ANSWERS}) a FULL JOIN (SELECT * FROM checked WHERE source <> 'all') c
                USING (source, week_start, survey_id, question)
            SEMI JOIN reports.report_activity r USING (week_start)
            WHERE (c.source IS NULL OR c.responses > coalesce(a.answers, 0))""",
    ),
    RowsCheck(
        name="whole_fits_sources",
        description="In the whole community a person counts once, whichever surveys they answered.",
        expected="a row of all for each question that somebody answered who counts, of at most the sources' responses",
        key=ROW,
        counts_rows=False,
        sql="""
            SELECT 'all' AS source, week_start, survey_id, question,
                   concat(coalesce(CAST(w.responses AS VARCHAR), 'no row'), ' for ', coalesce(s.total, 0)) AS observed
            FROM (SELECT week_start, survey_id, question, sum(responses) AS total, true AS is_answered
                  FROM checked WHERE source <> 'all' GROUP BY ALL) s
            FULL JOIN (SELECT * FROM checked WHERE source = 'all') w USING (week_start, survey_id, question)
            -- A person is left out as a whole where any account is a bot or official.
            LEFT JOIN (
                SELECT DISTINCT a.week_start, a.survey_id, a.question, true AS is_counted
                FROM canonical.int_survey_answers a
                ANTI JOIN (SELECT account_id FROM canonical.int_accounts WHERE person_is_bot OR person_is_official) p
                    ON p.account_id = a.member_id
            ) counted USING (week_start, survey_id, question)
            WHERE s.is_answered IS NULL OR w.responses > s.total OR (w.source IS NULL AND counted.is_counted)""",
    ),
    RowsCheck(
        name="nps_plausible",
        severity="warning",
        description="The score is near the one that the question had in the eight weeks before.",
        expected="nps within 50 of the median of the last 8 weeks",
        key=ROW,
        sql="""
            SELECT source, week_start, survey_id, question, concat(nps, ' after a median of ', median) AS observed
            FROM (
                SELECT c.source, c.week_start, c.survey_id, c.question, any_value(c.nps) AS nps,
                       any_value(c.responses) AS responses, median(before.nps) AS median
                FROM checked c JOIN reports.report_surveys before ON before.source = c.source
                    AND before.survey_id = c.survey_id AND before.question = c.question
                    AND before.week_start < c.week_start AND before.week_start >= c.week_start - 56
                GROUP BY c.source, c.week_start, c.survey_id, c.question HAVING count(before.nps) >= 4
            )
            WHERE responses >= 20 AND abs(nps - median) > 50""",
    ),
)
