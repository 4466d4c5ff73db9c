"""Section 5: `report_pyramid`, `report_interaction_mix`.

Readings where the page is silent:
- Where views are not observed the tiers are creator, contributor and silent: everyone who is neither.
- The mix has a row for every combination of the table in section 3; a passive one only where views are
  observed or seen.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

from .canonical import MIX
from .people import rate
from .scope import Scope


def pyramid(scope: Scope, week: date) -> list[dict]:
    """One row a tier, those of nobody too."""
    members, active = scope.members(week), scope.active(week)
    sees = scope.observes_views(week)
    tiers = dict.fromkeys(
        ["creator", "contributor", "lurker", "absent"] if sees else ["creator", "contributor", "silent"], 0
    )
    for body in members:
        kinds = {row.interaction_type for row in body.by_week.get(week, [])}
        # "`creator` (at least one post), `contributor` (an active interaction, no post), `lurker`, `absent`"
        if "post" in kinds:
            tiers["creator"] += 1
        elif body.member_id in active:
            tiers["contributor"] += 1
        elif not sees:
            tiers["silent"] += 1
        else:
            tiers["lurker" if kinds else "absent"] += 1
    return [
        {"source": scope.source, "week_start": week, "tier": tier, "members": count, "share": rate(count, len(members))}
        for tier, count in tiers.items()
    ]


def interaction_mix(scope: Scope, week: date) -> list[dict]:
    """'source, week_start, participation, expression, audience, interactions, members'"""
    interactions: Counter[tuple[str, str, str]] = Counter()
    who: dict[tuple[str, str, str], set[str]] = {}
    for body in scope.members(week):
        for act in body.by_week.get(week, []):
            mix = MIX[act.interaction_type]
            interactions[mix] += 1
            who.setdefault(mix, set()).add(body.member_id)
    return [
        {
            "source": scope.source,
            "week_start": week,
            "participation": mix[0],
            "expression": mix[1],
            "audience": mix[2],
            "interactions": interactions[mix],
            "members": len(who.get(mix, ())),
        }
        for mix in sorted(set(MIX.values()))
        if mix[0] == "active" or scope.observes_views(week) or interactions[mix]
    ]
