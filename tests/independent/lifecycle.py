"""Sections 6, 7 and 9: `report_lifecycle`, `report_lifecycle_moves`, `report_churn`, `report_retention`,
`member_week_status`.

Readings where the page is silent:
- `flagged_by` names every rule that holds of a flagged (at risk or churned) member, whichever was first.
- `flagged_since` looks back on probability for 52 weeks; before that only silence and rhythm count.
- Whoever left has no chance of anything: `p_alive` and `p_active_4w` are null.
- `typical_gap_weeks` is there from the first gap on, `p90_gap_weeks` from the third ("at least 3 gaps").
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

from .calendar_weeks import WEEK, weeks_between
from .people import Body, one_currency, percentile, rate, total
from .scope import Scope

STAGES = ("newbie", "growth", "mature", "churned")
STATUSES = ("active", "quiet", "at_risk", "churned", "never_active", "left")


def lifecycle(scope: Scope, week: date) -> list[dict]:
    """The four rows of report_lifecycle."""
    members = scope.members(week)
    countable = one_currency(
        o for o in scope.purchases if o.member_id is not None and o.ordered_at < scope.calendar.end(week)
    )
    rows = []
    for stage in STAGES:
        of_stage = [body for body in members if body.state(week).lifecycle_stage == stage]
        bought = [body.purchases_in(week) for body in of_stage]
        rows.append(
            {
                "source": scope.source,
                "week_start": week,
                "stage": stage,
                "members": len(of_stage),
                "active_members": sum(body.active_in(week) for body in of_stage),
                "share": rate(len(of_stage), len(members)),
                "buyers": sum(bool(orders) for orders in bought),
                "revenue": total(o for orders in bought for o in orders) if countable else None,
            }
        )
    return rows


def lifecycle_moves(scope: Scope, week: date) -> list[dict]:
    """'the sum of rows into a stage less the rows out of it is the change of that stage's members'"""
    moves: Counter[tuple[str | None, str]] = Counter()
    for body in scope.bodies:
        came_from = body.state(week - WEEK).lifecycle_stage if body.is_member(week - WEEK) else None
        went_to = body.state(week).lifecycle_stage if body.is_member(week) else "left"
        # "from_stage (null = joined), to_stage (`left` = left)"; who was away and stays away has not moved.
        if came_from != went_to and not (came_from is None and went_to == "left"):
            moves[came_from, went_to] += 1
    return [
        {
            "source": scope.source,
            "week_start": week,
            "from_stage": came_from,
            "to_stage": went_to,
            "members": count,
        }
        for (came_from, went_to), count in sorted(moves.items(), key=str)
    ]


def churn(scope: Scope, week: date) -> dict:
    """The row of report_churn."""
    states = [(body.state(week - WEEK), body.state(week)) for body in scope.bodies]
    row = {"source": scope.source, "week_start": week}
    counts = Counter(now.status for _, now in states if now is not None)
    row |= {status: counts[status] for status in STATUSES}
    # Those who were there a week ago and had not left.
    pairs = [(then, now) for then, now in states if then is not None and then.is_member]
    newly_churned = [then for then, now in pairs if now.status == "churned" and then.status != "churned"]
    row["newly_at_risk"] = sum(now.status == "at_risk" and then.status != "at_risk" for then, now in pairs)
    row["newly_churned"] = len(newly_churned)
    # "`won_back` (churned at W-1, active in W)"
    row["won_back"] = sum(then.status == "churned" and now.status == "active" for then, now in pairs)
    # "`churn_rate = newly_churned / (members not churned and not left at end of W-1)`, same split by lifecycle
    # stage of W-1."
    at_start = [then for then, _ in pairs if then.status != "churned"]
    row["churn_rate"] = rate(len(newly_churned), len(at_start))
    row["members_at_start"] = len(at_start)
    for stage in ("newbie", "growth", "mature"):
        churned = sum(then.lifecycle_stage == stage for then in newly_churned)
        row[f"newly_churned_{stage}"] = churned
        row[f"churn_rate_{stage}"] = rate(churned, sum(then.lifecycle_stage == stage for then in at_start))
    return row


def retention(scope: Scope, week: date) -> list[dict]:
    """The cells of report_retention that the week closes."""
    # "Cohort = week of first active interaction": of those who were members in it, so that "weeks_since 0 is 1.0".
    cohorts: dict[date, set[str]] = {}
    for member_id, active_weeks in scope.active_weeks.items():
        if active_weeks and active_weeks[0] == scope.first_active_week[member_id] <= week:
            cohorts.setdefault(active_weeks[0], set()).add(member_id)
    active = scope.active(week)
    return [
        {
            "source": scope.source,
            "cohort_week": cohort_week,
            "weeks_since": weeks_between(cohort_week, week),
            "cohort_size": len(cohort),
            "active_members": len(cohort & active),
            "retention": rate(len(cohort & active), len(cohort)),
            "week_start": week,
        }
        for cohort_week, cohort in sorted(cohorts.items())
    ]


def member_weeks(scope: Scope, week: date) -> list[dict]:
    """The rows of member_week_status, of everyone who had joined by then and is no bot and not official.

    The names shown are left out: how a pseudonym is made is no matter of the dictionary.
    """
    return [_member_week(scope, body, week) for body in scope.bodies if body.state(week) is not None]


def _member_week(scope: Scope, body: Body, week: date) -> dict:
    state = body.state(week)
    purchases = body.purchases_until(week)
    seen = body.interactions_until(week)
    acts = [row for row in seen if row.interaction_type in scope.community.active_types]
    active_weeks = [w for w in body.active_weeks if w <= week]
    flagged_since = _flagged_since(body, week)
    scores = (body.scores(week) if state.is_member else None) or (None, None)
    return {
        "source": scope.source,
        "member_id": body.member_id,
        "week_start": week,
        "silence_weeks": state.silence_weeks,
        "active_weeks": len(active_weeks),
        "active_weeks_12": sum(w > week - WEEK * 12 for w in active_weeks),
        "first_active_week": active_weeks[0] if active_weeks else None,
        "last_active_at": acts[-1].occurred_at if acts else None,
        # "`last_seen_at` (any interaction, passive ones too)"
        "last_seen_at": seen[-1].occurred_at if seen else None,
        "typical_gap_weeks": as_float(percentile(body.gaps(week), 50)),
        "p90_gap_weeks": as_float(body.p90_gap(week)),
        "p_alive": scores[0],
        "p_active_4w": scores[1],
        "status": state.status,
        # "`flagged_by` (`silence`, `rhythm`, `probability`; several joined by `+`)"
        "flagged_by": "+".join(state.reasons) if flagged_since else None,
        "flagged_since": flagged_since,
        "lifecycle_stage": state.lifecycle_stage,
        "tenure_days": state.tenure_days,
        "orders_total": len(purchases),
        "revenue_total": total(purchases) if one_currency(purchases) else None,
    }


def _flagged_since(body: Body, week: date) -> date | None:
    """The first week of the unbroken run of flagged weeks that ends with this one."""
    since, looked_back_to = None, week - WEEK * 52
    while week >= looked_back_to:
        if not _is_flagged(body, week):
            return since
        since, week = week, week - WEEK
    return _flagged_for_good_since(body, week) or since


def _is_flagged(body: Body, week: date) -> bool:
    state = body.state(week)
    return state is not None and state.status in ("at_risk", "churned")


def _flagged_for_good_since(body: Body, week: date) -> date | None:
    """The same of probability alone as no flag; known of the week before, it is known of the week."""
    known, weeks = body.flagged_for_good_since, []
    while week not in known and _is_flagged(body, week):
        if body.state(week).status == "at_risk" and body.state(week).reasons == ("probability",):
            break
        weeks.append(week)
        week -= WEEK
    since = known.get(week)
    for week in reversed(weeks):
        since = known[week] = since or week
    return since


def as_float(number: int | Fraction | None) -> float | None:
    """A number as reports have it."""
    return None if number is None else float(number)
