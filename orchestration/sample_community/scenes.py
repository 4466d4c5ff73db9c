"""What the staff and the bot say by the calendar, and the three turns of the story: launch, change, win-back."""

from dataclasses import dataclass
from datetime import timedelta

from orchestration.sample_community.clock import BERLIN, HOUR, MINUTE, WEEKS, monday
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import CHANGE_WEEK, LAUNCH_WEEK, WIN_BACK_WEEK

_NEWS = (
    "This week in the shed: bench evening on Wednesday, open door on Saturday from ten.",
    "The band saw is back from repair. Please sign the list before you use it.",
    "New in the shop: larch battens and brass screws in small bags.",
    "Saturday: rope splicing with Hauke, {number} places left.",
    "The slipway is closed on Thursday, the harbour office is dredging.",
    "Your photos of the month are up in the shed. Thank you!",
    "We need {number} people to help with the crane on Saturday.",
    "Lost and found: {number} jackets, one {thing}, no owner.",
    "Safety first: the {tool} now needs the short course. Next date is Wednesday.",
)
_BENCH = (
    "Friday question: what is on your bench?",
    "What are you making this weekend?",
    "Show us one thing you fixed this week, however small.",
    "Friday round: what went wrong, and what did you learn?",
)


@dataclass(frozen=True)
class Scene:
    """One post by somebody of the staff: when, where, what, and how much of an answer it draws."""

    at: int
    speaker: int
    channel: str
    mood: str
    heat: float
    text: str


def _at(week: int, weekday: int, hour: int, minute: int = 0) -> int:
    return BERLIN.instant(monday(week) + timedelta(days=weekday), hour * HOUR + minute * MINUTE)


def scenes() -> list[Scene]:
    """Everything that is planned, in order of time."""
    dice = Dice("scenes")
    told = [
        Scene(_at(1, 0, 9), 0, "announcements", "news", 3, "Welcome to Harbour Makers! The shed is open."),
        Scene(
            _at(LAUNCH_WEEK, 1, 17, 30),
            0,
            "announcements",
            "news",
            7,
            "Harbour kit three is here, a sailing dinghy for the bath tub. Welcome to all from tonight's launch!",
        ),
        Scene(_at(LAUNCH_WEEK, 1, 19), 2, "general", "news", 5, "New here tonight? Say hello in introductions :wave:"),
        Scene(
            _at(CHANGE_WEEK, 1, 11, 20),
            1,
            "announcements",
            "change",
            16,
            "A hard message: from July the free Saturday bench ends, and an hour costs nine euros. The rent doubled.",
        ),
        Scene(
            _at(CHANGE_WEEK + 2, 2, 16, 5),
            1,
            "repair-cafe",
            "change",
            9,
            "The repair café pauses over the summer, and this channel will be archived on Friday.",
        ),
        Scene(
            _at(WIN_BACK_WEEK, 0, 12, 10),
            0,
            "announcements",
            "back",
            16,
            "We were wrong about the bench. Free Saturdays are back from this week, thanks to a grant. Come home!",
        ),
        Scene(_at(WIN_BACK_WEEK, 3, 18, 15), 3, "general", "back", 8, "Who is coming on Saturday? Cake is organised."),
    ]
    for week in range(1, WEEKS + 1):
        at = _at(week, dice.between(0, 1), dice.between(9, 12), dice.below(60))
        told.append(Scene(at, week % 4, "announcements", "news", 2.5, _NEWS[week % len(_NEWS)]))
        at = _at(week, 4, dice.between(13, 16), dice.below(60))
        told.append(Scene(at, (week + 2) % 4, "show-and-tell", "bench", 6, _BENCH[week % len(_BENCH)]))
    # Week 1 opens with the welcome: the house news of that week may not come before it.
    return sorted((scene for scene in told if scene.at >= told[0].at), key=lambda scene: scene.at)


def bot_notices() -> list[tuple[int, str, str]]:
    """The tide bot's rows: instant, channel, text."""
    dice = Dice("bot")
    notices = []
    for week in range(1, WEEKS + 1):
        for weekday, hour in ((0, 6), (2, 6), (5, 7)):
            metres = f"{dice.between(28, 39) / 10:.1f}"
            at = _at(week, weekday, hour, dice.below(5)) + dice.below(60)
            text = f"High water {dice.between(1, 11)}:{dice.below(60):02d}, {metres} m. Shed opens at ten."
            notices.append((at, "general" if weekday == 5 else "announcements", text))
    return notices
