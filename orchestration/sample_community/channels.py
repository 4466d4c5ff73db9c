"""The channels: what they are for, when they opened, and the one that was closed."""

from dataclasses import dataclass
from datetime import timedelta

from orchestration.sample_community.clock import BERLIN, HOUR, MINUTE, monday
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import CHANGE_WEEK, LAUNCH_WEEK


@dataclass(frozen=True)
class Channel:
    """One public channel."""

    id: str
    name: str
    opened: int
    purpose: str
    closed: int | None = None


_FOUNDED = (
    ("general", 1, "Everything that concerns everybody"),
    ("announcements", 1, "News from the shed, by the staff"),
    ("introductions", 1, "Say hello, tell us what you build"),
    ("workshop-help", 1, "Stuck? Ask here"),
    ("show-and-tell", 1, "Finished, half finished, sunk"),
    ("electronics", 1, "Anything with a battery"),
    ("repair-cafe", 1, "Bring it broken, take it home whole"),
    ("random", 1, "Seagulls and other topics"),
    ("shop-talk", 3, "Kits, parts and what to stock next"),
    ("boat-builds", 6, "From dinghy to bath tub"),
    ("kit-three", LAUNCH_WEEK, "Building harbour kit three together"),
)


def channels() -> list[Channel]:
    """All of them, in the order in which they opened."""
    made = []
    for number, (name, week, purpose) in enumerate(_FOUNDED):
        dice = Dice("channel", name)
        day = monday(week) if week != LAUNCH_WEEK else monday(week) + timedelta(days=1)
        hour = 7 * HOUR if week == 1 else 17 * HOUR
        opened = BERLIN.instant(day, hour + number * MINUTE + dice.below(50))
        closed = None
        if name == "repair-cafe":
            closed = BERLIN.instant(monday(CHANGE_WEEK + 2) + timedelta(days=4), 15 * HOUR + 12 * MINUTE)
        made.append(Channel("C0" + dice.code(9), name, opened, purpose, closed))
    return made
