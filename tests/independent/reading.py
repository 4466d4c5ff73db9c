"""The reports of a list of weeks, worked out the slow way from canonical rows.

Every rule is quoted from the metrics dictionary beside the lines that follow it. Nothing here is shared with the
project's SQL, which is the point: where the two differ, one of them has misread the dictionary.
Of the rules that flag a member only the one on silence is read here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from .calendar_weeks import DAY, WEEK, Calendar, weeks_between
from .canonical import Community, Rows
from .people import ALL, Body, bodies, first_week, one_currency, total

REPORTS = (
    "report_activity",
    "report_lifecycle",
    "report_lifecycle_moves",
    "report_churn",
    "report_retention",
    "member_week_status",
)
KEYS = {
    "report_activity": ("source", "week_start"),
    "report_lifecycle": ("source", "week_start", "stage"),
    "report_lifecycle_moves": ("source", "week_start", "from_stage", "to_stage"),
    "report_churn": ("source", "week_start"),
    "report_retention": ("source", "cohort_week", "weeks_since"),
    "member_week_status": ("source", "member_id", "week_start"),
}
STAGES = ("newbie", "growth", "mature", "churned")
STATUSES = ("active", "quiet", "at_risk", "churned", "never_active", "left")
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


def read_reports(community: Community, rows: Rows, days: Iterable[date]) -> dict[str, list[dict]]:
    """All reports of the weeks in which the days lie, for each source and for the whole community."""
    calendar = Calendar(community.timezone, community.week_start_day)
    weeks = sorted({calendar.week_of_day(day) for day in days})
    reports: dict[str, list[dict]] = {name: [] for name in REPORTS}
    for source in [*sorted(community.sources), ALL]:
        first = first_week(source, rows, community)
        if first is None:
            continue
        reading = SourceReading(source, community, rows, first)
        for week in weeks:
            if week < first:
                continue
            reports["report_activity"].append(reading.activity(week))
            reports["report_lifecycle"] += reading.lifecycle(week)
            reports["report_lifecycle_moves"] += reading.lifecycle_moves(week)
            reports["report_churn"].append(reading.churn(week))
            reports["report_retention"] += reading.retention(week)
            # "keep the last `member_weeks_kept` (setting, default 26)"
            if week > weeks[-1] - WEEK * community.threshold("member_weeks_kept"):
                reports["member_week_status"] += reading.member_weeks(week)
    return reports


def rate(part: float, whole: float) -> float | None:
    """'Every rate with an empty denominator is NULL.'"""
    return part / whole if whole else None


class SourceReading:
    """One source's reports, or those of the whole community."""

    def __init__(self, source: str, community: Community, rows: Rows, first: date) -> None:
        self.source = source
        self.community = community
        self.rows = rows
        self.first = first
        self.calendar = Calendar(community.timezone, community.week_start_day)
        self.bodies: list[Body] = bodies(source, rows, community)
        self.purchases = [o for o in rows.orders if o.is_purchase and source in (ALL, o.source)]
        self.first_weeks = {name: first_week(name, rows, community) for name in community.sources}
        # The weeks in which each body was active as a community member: "compute the four over everyone who was a
        # community member in the week of the activity".
        self.active_weeks = {
            body.member_id: [w for w in body.active_weeks if body.active_in(w)] for body in self.bodies
        }

    def members(self, week: date) -> list[Body]:
        """The community members of a week; nobody before the source is first seen."""
        return [body for body in self.bodies if body.is_member(week)]

    def active(self, week: date) -> set[str]:
        """The ids of the active community members of a week."""
        return {body.member_id for body in self.bodies if body.active_in(week)}

    def observes_views(self, week: date) -> bool:
        """'what cannot be seen is never reported as 0': the whole sees views only if every source seen by then does."""
        if self.source != ALL:
            return self.community.sources[self.source].views
        seen = [name for name, first in self.first_weeks.items() if first is not None and first <= week]
        return all(self.community.sources[name].views for name in seen)

    def observes_reactions(self, week: date) -> bool:
        """Whether any of the sources seen by then shows reactions: of the whole, what is seen of it is a number."""
        seen = [name for name, first in self.first_weeks.items() if first is not None and first <= week]
        return any(self.community.sources[name].reactions for name in seen if self.source in (ALL, name))

    def activity(self, week: date) -> dict:
        """The row of report_activity."""
        members = self.members(week)
        active, before = self.active(week), self.active(week - WEEK)
        start, end = self.calendar.start(week), self.calendar.end(week)
        acts = [row for body in members for row in body.by_week.get(week, [])]
        active_acts = [row for row in acts if row.interaction_type in self.community.active_types]
        lurking = {body.member_id for body in members if body.member_id not in active and body.by_week.get(week)}
        sees = self.observes_views(week)
        # "`new_active` first active week ever is W; `retained` active in W-1 too; `resurrected` active before, not in
        # W-1, not new; `dormant` active in W-1, not in W."
        new = {member_id for member_id in active if self.active_weeks[member_id][0] == week}
        retained = active & before
        resurrected = active - new - retained
        dormant = before - active
        row = {
            "source": self.source,
            "week_start": week,
            "members": len(members),
            # "`new_members`: joined within W. `left_members`: `left_at` within W."
            "new_members": sum(start <= body.joined_at < end for body in members),
            "left_members": sum(self._left_within(body, week) for body in self.bodies),
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
        if not self.observes_reactions(week):
            row["reactions"] = row["reactions"] or None
        row |= self._daily(week, members)
        row["members_join_inferred"] = sum(body.joined_at_is_inferred for body in members)
        row["active_members_previous"] = len(before)
        return row

    def _left_within(self, body: Body, week: date) -> bool:
        state = body.state(week)
        return state is not None and state.left_at is not None and self.calendar.start(week) <= state.left_at

    def _daily(self, week: date, members: list[Body]) -> dict:
        days = [week + DAY * number for number in range(7)]
        # "mean over the 7 local days of distinct active members"
        days_active = [sum(day in body.active_days for day in days) for body in members]
        dau_mean = sum(days_active) / 7
        # "distinct community members of W who were active in the 28 local days that end with W"
        month_start = week + WEEK - DAY * 28
        mau = sum(any(month_start <= day < week + WEEK for day in body.active_days) for body in members)
        row = {"dau_mean": dau_mean, "mau": mau, "stickiness": rate(dau_mean, mau)}
        # "`active_1 ... active_7`: members active on exactly n of the 7 days."
        return row | {f"active_{n}": days_active.count(n) for n in range(1, 8)}

    def lifecycle(self, week: date) -> list[dict]:
        """The four rows of report_lifecycle."""
        members = self.members(week)
        countable = one_currency(o for o in self.purchases if o.ordered_at < self.calendar.end(week))
        rows = []
        for stage in STAGES:
            of_stage = [body for body in members if body.state(week).lifecycle_stage == stage]
            bought = [body.purchases_in(week) for body in of_stage]
            rows.append(
                {
                    "source": self.source,
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

    def lifecycle_moves(self, week: date) -> list[dict]:
        """'the sum of rows into a stage less the rows out of it is the change of that stage's members'"""
        moves: Counter[tuple[str | None, str]] = Counter()
        for body in self.bodies:
            came_from = body.state(week - WEEK).lifecycle_stage if body.is_member(week - WEEK) else None
            went_to = body.state(week).lifecycle_stage if body.is_member(week) else "left"
            # "from_stage (null = joined), to_stage (`left` = left)"; who was away and stays away has not moved.
            if came_from != went_to and not (came_from is None and went_to == "left"):
                moves[came_from, went_to] += 1
        return [
            {
                "source": self.source,
                "week_start": week,
                "from_stage": came_from,
                "to_stage": went_to,
                "members": count,
            }
            for (came_from, went_to), count in sorted(moves.items(), key=str)
        ]

    def churn(self, week: date) -> dict:
        """The row of report_churn."""
        states = [(body.state(week - WEEK), body.state(week)) for body in self.bodies]
        row = {"source": self.source, "week_start": week}
        row |= {status: sum(now is not None and now.status == status for _, now in states) for status in STATUSES}
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

    def retention(self, week: date) -> list[dict]:
        """The cells of report_retention that the week closes."""
        # "Cohort = week of first active interaction."
        cohorts: dict[date, set[str]] = {}
        for member_id, active_weeks in self.active_weeks.items():
            if active_weeks and active_weeks[0] <= week:
                cohorts.setdefault(active_weeks[0], set()).add(member_id)
        active = self.active(week)
        return [
            {
                "source": self.source,
                "cohort_week": cohort_week,
                "weeks_since": weeks_between(cohort_week, week),
                "cohort_size": len(cohort),
                "active_members": len(cohort & active),
                "retention": rate(len(cohort & active), len(cohort)),
                "week_start": week,
            }
            for cohort_week, cohort in sorted(cohorts.items())
        ]

    def member_weeks(self, week: date) -> list[dict]:
        """The rows of member_week_status, of everyone who had joined by then and is no bot and not official.

        The names shown are left out: how a pseudonym is made is no matter of the dictionary.
        """
        return [self._member_week(body, week) for body in self.bodies if body.state(week) is not None]

    def _member_week(self, body: Body, week: date) -> dict:
        state = body.state(week)
        purchases = body.purchases_until(week)
        seen = body.interactions_until(week)
        acts = [row for row in seen if row.interaction_type in self.community.active_types]
        active_weeks = [w for w in body.active_weeks if w <= week]
        flagged_since = self._flagged_since(body, week)
        return {
            "source": self.source,
            "member_id": body.member_id,
            "week_start": week,
            "silence_weeks": state.silence_weeks,
            "active_weeks": len(active_weeks),
            "active_weeks_12": sum(w > week - WEEK * 12 for w in active_weeks),
            "first_active_week": active_weeks[0] if active_weeks else None,
            "last_active_at": acts[-1].occurred_at if acts else None,
            # "`last_seen_at` (any interaction, passive ones too)"
            "last_seen_at": seen[-1].occurred_at if seen else None,
            "status": state.status,
            "flagged_by": "silence" if flagged_since else None,
            "flagged_since": flagged_since,
            "lifecycle_stage": state.lifecycle_stage,
            "tenure_days": state.tenure_days,
            "orders_total": len(purchases),
            "revenue_total": total(purchases) if one_currency(purchases) else None,
        }

    def _flagged_since(self, body: Body, week: date) -> date | None:
        """The first week of the unbroken run of flagged weeks that ends with this one."""
        since = None
        while (state := body.state(week)) is not None and state.status in ("at_risk", "churned"):
            since, week = week, week - WEEK
        return since
