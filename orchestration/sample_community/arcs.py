"""How a member's weeks run: steady, now and then, fading, gone and back, once and never again."""

from orchestration.sample_community.clock import WEEKS
from orchestration.sample_community.dice import Dice

# The year as the whole community feels it: (week, how likely people are to turn up). Straight lines between.
_SEASON = (
    (1, 1.0),
    (4, 0.93),
    (8, 0.96),
    (11, 1.0),
    (12, 1.12),
    (14, 1.03),
    (18, 1.02),
    (21, 0.94),
    (24, 1.06),
    (27, 0.92),
    (30, 0.80),
    (32, 0.78),
    (33, 0.86),
    (34, 1.08),
    (37, 1.04),
    (40, 1.0),
)
# The weeks after the change in which faders are seen for the last time, and how many of them choose each.
_LAST_WEEKS = ((23, 1), (24, 3), (25, 4), (26, 4), (27, 3), (28, 3), (29, 2), (30, 2))


def season(week: int) -> float:
    """How likely people are to turn up in this week, 1 being usual."""
    for (left, low), (right, high) in zip(_SEASON, _SEASON[1:], strict=False):
        if left <= week <= right:
            return low + (high - low) * (week - left) / (right - left)
    return _SEASON[-1][1]


def _steady(dice: Dice, first: int, last: int, chance: float) -> list[int]:
    """Most weeks, with a holiday in summer and another at any time."""
    away = {dice.between(26, 33) + extra for extra in range(dice.between(0, 2))} | {dice.between(1, WEEKS)}
    weeks = []
    for week in range(first, last + 1):
        fresh = week - first < 3
        likely = min(0.97, (0.94 if fresh else chance) * season(week))
        # Drawn before it is judged: a holiday moved must not shift every later draw.
        if dice.chance(likely) and (fresh or week not in away):
            weeks.append(week)
    return weeks


def _now_and_then(dice: Dice, first: int) -> list[int]:
    """Every few weeks, by a rhythm of one's own."""
    gap = dice.between(2, 5)
    week = first if dice.chance(0.75) else first + 1
    weeks = []
    while week <= WEEKS:
        if dice.chance(min(0.98, 0.92 * season(week))):
            weeks.append(week)
            if dice.chance(0.35) and week < WEEKS:
                weeks.append(week + 1)
        week += max(2, gap + dice.between(-1, 1))
    return weeks


def _fading(dice: Dice, first: int) -> list[int]:
    last = dice.weighted([week for week, _ in _LAST_WEEKS], [weight for _, weight in _LAST_WEEKS])
    weeks = _steady(dice, first, last - 2, dice.between(72, 92) / 100)
    weeks += [week for week in (last - 1, last) if dice.chance(0.6)]
    if dice.chance(0.2):
        weeks += _steady(dice, dice.between(35, 37), WEEKS, 0.6)
    return weeks


def _gone_and_back(dice: Dice, first: int) -> list[int]:
    """Away long enough to count as churned (12 weeks), then back with the win-back of week 34."""
    last = dice.between(17, 21)
    back = dice.weighted((34, 35, 36), (6, 3, 1))
    return _steady(dice, first, last, 0.8) + _steady(dice, back, WEEKS, 0.8)


def active_weeks(dice: Dice, kind: str, first: int) -> tuple[int, ...]:
    """The weeks in which a member of this kind, having joined in the first, does anything at all."""
    if kind == "staff":
        weeks = _steady(dice, first, WEEKS, 0.97)
    elif kind == "helper":
        weeks = _steady(dice, first, WEEKS, dice.between(84, 97) / 100)
    elif kind in ("regular", "new_account"):
        weeks = _steady(dice, first, WEEKS, dice.between(60, 95) / 100)
    elif kind == "old_account":
        weeks = _steady(dice, first, 21, 0.9)
    elif kind == "occasional":
        weeks = _now_and_then(dice, first)
    elif kind == "partner":
        weeks = [6, 8, 9, 13, 14, 18, 25, 34, 37]
    elif kind == "fader":
        weeks = _fading(dice, first)
    elif kind == "returner":
        weeks = _gone_and_back(dice, first)
    elif kind == "onetimer":
        weeks = [first] + ([first + 1] if dice.chance(0.25) else []) + ([first + 5] if dice.chance(0.12) else [])
    elif kind == "lurker":
        weeks = [first + dice.below(3)] if dice.chance(0.22) else []
    else:
        weeks = []
    return tuple(sorted({week for week in weeks if first <= week <= WEEKS}))
