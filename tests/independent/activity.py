"""Sections 4, 5 and 11: `report_activity`, engagement rate and concentration included.

Readings where the page is silent:
- `left_members` are those who belonged at the end of W-1, or came within W, for the first time or again. Leaving once
  more while away is no second leaving.
- `reactions` and `views` are null where no source of the scope can show them and none was seen.
- `engagement_rate` is null where the scope shows neither reactions (as acts or numbers) nor threads and none was seen:
  nothing could have been received. Content of official accounts, of leavers and of nobody known receives too.
- `engagement_rate_change_12w` compares means of the weekly rates: of W-3..W and of W-15..W-12. Null where one of the
  eight weeks has no rate, where the earlier mean is 0, and before the scope's sixteenth week.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from .calendar_weeks import DAY, WEEK, weeks_between
from .concentration import concentration
from .engagement import Engagement
from .people import Body, last_of, rate
from .scope import Scope

TYPE_COLUMNS = {
    "posts": "post",
    "replies": "reply",
    "messages": "message",
    "reactions": "reaction",
    "shares": "share",
    "votes": "vote",
    "attends": "attend",
    "claims": "claim",
    "follows": "follow",
    "views": "view",
}


def activity(scope: Scope, week: date, engagement: Engagement) -> dict:
    """The row of report_activity."""
    members = scope.members(week)
    active, before = scope.active(week), scope.active(week - WEEK)
    start, end = scope.calendar.start(week), scope.calendar.end(week)
    acts = [row for body in members for row in body.by_week.get(week, [])]
    active_acts = [row for row in acts if row.interaction_type in scope.community.active_types]
    lurking = {body.member_id for body in members if body.member_id not in active and body.by_week.get(week)}
    sees = scope.observes_views(week)
    # "`new_active` first active week ever is W; `retained` active in W-1 too; `resurrected` active before, not in
    # W-1, not new; `dormant` active in W-1, not in W."
    new = {member_id for member_id in active if scope.first_active_week[member_id] == week}
    retained = active & before
    resurrected = active - new - retained
    dormant = before - active
    row = {
        "source": scope.source,
        "week_start": week,
        "members": len(members),
        # "`new_members`: joined within W. `left_members`: `left_at` within W."
        "new_members": sum(start <= body.joined_at < end for body in members),
        "left_members": sum(_left_within(scope, body, week) for body in scope.bodies),
        "active_members": len(active),
        "active_rate": rate(len(active), len(members)),
        # "`lurking_members`: no active but at least one passive interaction in W. `absent_members`: neither."
        "lurking_members": len(lurking) if sees else None,
        "absent_members": len(members) - len(active) - len(lurking) if sees else None,
        "observes_views": sees,
        "silent_members": len(members) - len(active),
        "new_active": len(new),
        "retained": len(retained),
        "resurrected": len(resurrected),
        "dormant": len(dormant),
        # "`quick_ratio = (new_active + resurrected) / dormant`, null if dormant = 0."
        "quick_ratio": rate(len(new) + len(resurrected), len(dormant)),
        # "`interactions` = active interactions of community members; `interactions_per_active`."
        "interactions": len(active_acts),
        "interactions_per_active": rate(len(active_acts), len(active)),
    }
    kinds = Counter(act.interaction_type for act in acts)
    row |= {column: kinds[kind] for column, kind in TYPE_COLUMNS.items()}
    # "what cannot be seen is never reported as 0"
    if not sees:
        row["views"] = row["views"] or None
    if not scope.observes_reactions(week):
        row["reactions"] = row["reactions"] or None
    row |= _daily(week, members)
    row["members_join_inferred"] = sum(body.joined_at_is_inferred for body in members)
    row["active_members_previous"] = len(before)
    row["engagement_rate"] = engagement_rate(scope, week, engagement)
    row["engagement_rate_change_12w"] = engagement_rate_change(scope, week, engagement)
    counts = [
        sum(act.interaction_type in scope.community.active_types for act in body.by_week.get(week, []))
        for body in members
    ]
    return row | concentration([count for count in counts if count])


def engagement_rate(scope: Scope, week: date, engagement: Engagement) -> float | None:
    """'(reactions + replies + shares received in W) / members'"""
    received = engagement.totals(week)
    total = received["reaction"] + received["reply"] + received["share"]
    can_see = scope.observes_reactions(week) or scope.observes_reaction_counts(week) or scope.observes_threads(week)
    return rate(total, len(scope.members(week))) if total or can_see else None


def engagement_rate_change(scope: Scope, week: date, engagement: Engagement) -> float | None:
    """'relative change of the mean of the last 4 weeks against the mean of the 4 weeks that ended 12 weeks earlier;
    null before there are 16 weeks'"""
    if weeks_between(scope.first, week) + 1 < 16:
        return None
    now, then = ([engagement_rate(scope, week - WEEK * (back + n), engagement) for n in range(4)] for back in (0, 12))
    if None in now or None in then or not sum(then):
        return None
    return (sum(now) - sum(then)) / sum(then)


def _left_within(scope: Scope, body: Body, week: date) -> bool:
    before, state = body.state(week - WEEK), body.state(week)
    start, end = scope.calendar.start(week), scope.calendar.end(week)
    if state is None or state.left_at is None or state.left_at < start:
        return False
    if before is None or before.is_member:
        return True
    for account in body.accounts:
        left_at, moves = body.account_left_at(account, end), body.moves_until(account, end)
        came = start <= account.joined_at < end or any(start <= at and joins for at, joins in moves)
        if came and left_at is not None and left_at >= start:
            return True
    return False


def _daily(week: date, members: list[Body]) -> dict:
    # "mean over the 7 local days of distinct active members"
    days_active = [body.days_active_in.get(week, 0) for body in members]
    dau_mean = sum(days_active) / 7
    # "distinct community members of W who were active in the 28 local days that end with W"
    month_start = week + WEEK - DAY * 28
    mau = sum(
        (last := last_of(body.active_days, week + WEEK - DAY)) is not None and last >= month_start for body in members
    )
    row = {"dau_mean": dau_mean, "mau": mau, "stickiness": rate(dau_mean, mau)}
    # "`active_1 ... active_7`: members active on exactly n of the 7 days."
    return row | {f"active_{n}": days_active.count(n) for n in range(1, 8)}
