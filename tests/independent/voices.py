"""Section 15: `report_surveys`, `report_safety`.

Readings where the page is silent:
- An answer belongs to the week of answering. A member's later answer to the same question of a survey in the same week
  replaces the earlier one; answers of nobody known all count; those of bots do not.
- `mean` is over the answers of kind nps and rating, and null for the others; `nps` is in percentage points, -100 to
  100.
- Safety counts events about accounts that are neither bots nor official, those who have left by end(W) too; a listed
  leave at the instant of a leave event is that one event. Every kind has a row. The rate is per 1,000 active members.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from .canonical import SurveyAnswer
from .people import rate
from .scope import Scope

# "membership events of kind report, block, mute, unfollow, leave, and moderation acts (removed, banned)"
SAFETY_KINDS = ("report", "block", "mute", "unfollow", "leave", "removed", "banned")


def surveys(scope: Scope, week: date) -> list[dict]:
    """One row a survey and question that was answered in the week."""
    latest: dict[tuple, SurveyAnswer] = {}
    for number, answer in enumerate(sorted(scope.rows.answers, key=lambda a: a.answered_at)):
        if not scope.holds(answer.source) or scope.calendar.week_of(answer.answered_at) != week:
            continue
        body = scope.body_of.get(answer.member_id) if answer.member_id else None
        if body and body.is_bot:
            continue
        who = body.member_id if body else answer.member_id or number
        latest[answer.survey_id, answer.question, who] = answer
    rows = []
    for survey_id, question in sorted({(survey, question) for survey, question, _ in latest}):
        answers = [a for (s, q, _), a in latest.items() if (s, q) == (survey_id, question)]
        numbers = [Fraction(a.value) for a in answers if a.kind in ("nps", "rating")]
        scores = [Fraction(a.value) for a in answers if a.kind == "nps"]
        # "nps (% 9-10 less % 0-6)"
        net = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
        rows.append(
            {
                "source": scope.source,
                "week_start": week,
                "survey_id": survey_id,
                "question": question,
                "responses": len(answers),
                "mean": rate(sum(numbers), len(numbers)),
                "nps": rate(100 * net, len(scores)),
            }
        )
    return rows


def safety(scope: Scope, week: date) -> list[dict]:
    """'counts, members concerned, and per 1,000 active members'"""
    of_week = [
        (kind, scope.body_of[member_id].member_id)
        for kind, member_id, _ in scope.events_by_week.get(week, ())
        if kind in SAFETY_KINDS and scope.body_of[member_id].counts
    ]
    return [
        {
            "source": scope.source,
            "week_start": week,
            "event_type": kind,
            "events": sum(one == kind for one, _ in of_week),
            "members": len({who for one, who in of_week if one == kind}),
            "per_1000_active": rate(1000 * sum(one == kind for one, _ in of_week), len(scope.active(week))),
        }
        for kind in SAFETY_KINDS
    ]
