"""Who is in the community: when each one joined, how each one lives in it, and when some of them leave."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from orchestration.sample_community import clock
from orchestration.sample_community.arcs import active_weeks
from orchestration.sample_community.clock import BERLIN, DAY, HOUR, MINUTE, WEEKS, Zone
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.names import COUNTRIES, HOSTILE, STAFF, full_name

LAUNCH_WEEK = 12
LAUNCH_EVENING = date(2026, 3, 31)
CHANGE_WEEK = 24
WIN_BACK_WEEK = 34

# (first week, last week, how many of each kind join in those weeks)
WAVES = (
    (
        1,
        1,
        {
            "staff": 4,
            "regular": 16,
            "helper": 5,
            "occasional": 10,
            "fader": 17,
            "returner": 7,
            "old_account": 1,
            "onetimer": 4,
            "lurker": 2,
        },
    ),
    (
        2,
        11,
        {"regular": 8, "helper": 2, "occasional": 12, "fader": 12, "returner": 5, "onetimer": 9, "lurker": 11},
    ),
    (
        LAUNCH_WEEK,
        LAUNCH_WEEK,
        {"staff": 1, "regular": 4, "occasional": 8, "fader": 2, "onetimer": 16, "lurker": 52},
    ),
    (13, 33, {"regular": 8, "helper": 1, "occasional": 12, "onetimer": 17, "lurker": 24}),
    (22, 22, {"new_account": 1}),
    (WIN_BACK_WEEK, WIN_BACK_WEEK, {"regular": 2, "occasional": 4, "onetimer": 5, "lurker": 5}),
    (35, WEEKS, {"regular": 2, "occasional": 4, "onetimer": 5, "lurker": 4}),
)

# How many messages and reactions an active week holds, and how they split: (lowest, highest, post, reply, reaction).
MANNERS = {
    "staff": (6, 11, 0.16, 0.56, 0.28),
    "helper": (5, 11, 0.10, 0.62, 0.28),
    "regular": (2, 8, 0.24, 0.42, 0.34),
    "fader": (2, 7, 0.26, 0.42, 0.32),
    "returner": (2, 7, 0.28, 0.42, 0.30),
    "old_account": (4, 4, 0.30, 0.40, 0.30),
    "new_account": (4, 4, 0.30, 0.40, 0.30),
    "occasional": (1, 4, 0.30, 0.38, 0.32),
    "partner": (2, 2, 0.40, 0.40, 0.20),
    "onetimer": (1, 2, 0.60, 0.20, 0.20),
    "lurker": (1, 1, 0.0, 0.0, 1.0),
    "invited": (0, 0, 0.0, 0.0, 1.0),
}

# Weight of each local hour from midnight, for four ways to spend a day.
RHYTHMS = {
    "evening": (2, 1, 0, 0, 0, 0, 1, 3, 4, 3, 3, 4, 7, 5, 3, 3, 5, 8, 12, 16, 18, 16, 11, 6),
    "working day": (0, 0, 0, 0, 0, 1, 3, 7, 13, 15, 14, 12, 9, 12, 13, 12, 10, 7, 4, 3, 3, 2, 1, 0),
    "night": (14, 11, 7, 4, 1, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 7, 9, 12, 15, 16),
    "early": (0, 0, 0, 0, 3, 12, 18, 16, 10, 6, 4, 3, 4, 3, 2, 2, 3, 4, 4, 3, 2, 1, 0, 0),
}
# Weight of each day from Monday.
HABITS = {
    "weekdays": (10, 11, 11, 10, 8, 4, 4),
    "weekend": (3, 3, 3, 4, 8, 16, 14),
    "any day": (7, 7, 7, 7, 7, 7, 7),
    "bench evening": (3, 4, 18, 5, 3, 6, 3),
}
INTERESTS = ("workshop-help", "show-and-tell", "electronics", "boat-builds", "repair-cafe", "shop-talk", "random")


@dataclass(eq=False)
class Person:
    """One account: what Slack's member list says of it, and how it behaves."""

    id: str
    kind: str
    name: str
    display: str
    handle: str
    zone: Zone
    joined: int
    weeks: tuple[int, ...] = ()
    pace: float = 0.0
    manner: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rhythm: str = "evening"
    habit: str = "any day"
    interests: tuple[str, ...] = ()
    deactivated: int | None = None
    joins: list[tuple[int, str]] = field(default_factory=list)

    @property
    def is_staff(self) -> bool:
        """Runs the place: an owner or an admin."""
        return self.kind == "staff"

    def moment(self, dice: Dice, week: int) -> int:
        """An instant in that week at which this person would sit down, by their own clock and habits."""
        day = clock.monday(week) + timedelta(days=dice.weighted(range(7), HABITS[self.habit]))
        hour = dice.weighted(range(24), RHYTHMS[self.rhythm])
        instant = self.zone.instant(day, hour * HOUR + dice.below(HOUR))
        # Monday morning in Jakarta is still Sunday in Berlin, whose week this has to be.
        if instant < clock.week_start(week):
            return instant + DAY
        return instant - DAY if instant >= clock.week_start(week + 1) else instant


def _joined(dice: Dice, person: Person, week: int) -> int:
    if week == 1 and person.is_staff:
        return BERLIN.instant(clock.FIRST_DAY, 8 * HOUR + dice.below(40 * MINUTE))
    if week == 1:
        return BERLIN.instant(clock.FIRST_DAY + timedelta(days=dice.below(3)), 9 * HOUR + dice.below(11 * HOUR))
    if week == LAUNCH_WEEK and dice.chance(0.75):
        return BERLIN.instant(LAUNCH_EVENING, 18 * HOUR + dice.below(5 * HOUR))
    if week == LAUNCH_WEEK:
        return BERLIN.instant(LAUNCH_EVENING + timedelta(days=dice.between(1, 5)), 8 * HOUR + dice.below(13 * HOUR))
    return person.moment(dice, week)


def _identity(dice: Dice, seen: set[str]) -> tuple[str, Zone]:
    """A name nobody has yet, and the zone that goes with it."""
    while True:
        country = dice.weighted(COUNTRIES, [country.share for country in COUNTRIES])
        name = full_name(country, dice.pick(country.given), dice.pick(country.family))
        if name not in seen:
            seen.add(name)
            return name, country.zone


def _person(number: int, kind: str, name: str, display: str, zone: Zone, week: int) -> Person:
    dice = Dice("person", number)
    # Accents and other scripts are lost in a handle, as they are in Slack's own.
    plain = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    low, high, post, reply, reaction = MANNERS[kind]
    person = Person(
        id="U0" + dice.code(9),
        kind=kind,
        name=name,
        display=display,
        handle=f"{plain[:16] or 'maker'}{number}",
        zone=zone,
        joined=0,
        pace=low + (high - low) * dice.fraction() * dice.fraction(),
        manner=(post, reply, reaction),
        rhythm=dice.weighted(tuple(RHYTHMS), (50, 28, 12, 10)),
        habit=dice.weighted(tuple(HABITS), (40, 25, 20, 15)),
        interests=tuple(dice.some(INTERESTS, dice.between(2, 5) if kind != "staff" else len(INTERESTS))),
    )
    person.joined = _joined(dice, person, week)
    person.weeks = active_weeks(dice, kind, week)
    return person


def _deactivate(people: list[Person]) -> None:
    """Some accounts are closed for good, a while after the last thing they did."""
    picks = (("fader", 3, 9), ("fader", 5, 16), ("fader", 9, 24), ("onetimer", 2, 30), ("onetimer", 20, 12))
    for kind, position, days in picks:
        person = [person for person in people if person.kind == kind][position]
        last = person.weeks[-1] if person.weeks else clock.week_of(person.joined)
        person.deactivated = min(clock.week_start(last + 1) + days * DAY, clock.END - 5 * DAY)
    leaver = [person for person in people if person.kind == "regular"][11]
    leaver.weeks = tuple(week for week in leaver.weeks if week <= 31)
    leaver.deactivated = clock.week_start(32) + 2 * DAY + 11 * HOUR
    old = next(person for person in people if person.kind == "old_account")
    old.deactivated = clock.week_start(23) + 3 * HOUR


def community() -> list[Person]:
    """Everybody with an account, in the order in which the accounts were made."""
    people: list[Person] = []
    seen: set[str] = set()
    hostile = dict(HOSTILE)
    staff = iter(STAFF)
    for first, last, kinds in WAVES:
        dice = Dice("wave", first)
        newcomers = dice.some([kind for kind, count in kinds.items() for _ in range(count)], sum(kinds.values()))
        for position, kind in enumerate(newcomers):
            week = first + position * (last - first + 1) // len(newcomers)
            name, zone = _identity(dice, seen)
            display = name if dice.chance(0.7) else ""
            if kind == "staff":
                name, display, zone = next(staff)
            elif kind in ("old_account", "new_account"):
                name, display, zone = "Jürgen Nöhring", "jürgen ⚓", BERLIN
            elif kind in hostile and position > 4:
                name = display = hostile.pop(kind)
            elif dice.chance(0.06):
                display = name.split(" ")[0] + dice.pick((" 🚢", " ⛵", " (she/her)", " [DE/EN]"))
            people.append(_person(len(people), kind, name, display, zone, week))
    _deactivate(people)
    people.extend(_on_the_edge(len(people)))
    return people


def _on_the_edge(number: int) -> list[Person]:
    """Guests who were invited and never came in, and somebody who writes from a partner's workspace."""
    guests = [
        _person(number + position, "invited", name, "", BERLIN, 1)
        for position, name in enumerate(("Kirsten Vogt", "Zoë Ångström", "Óscar Peña", "محمد العربي"))
    ]
    partner = _person(number + len(guests), "partner", "Marit Solheim (Fjord Lab)", "Marit | Fjord Lab", BERLIN, 6)
    return [*guests, partner]


def enter_channels(people: list[Person], opened: dict[str, int], closed: dict[str, int]) -> None:
    """Lets everybody join the channels they will use: the default ones at once, their own ones within days."""
    for person in people:
        if person.kind in ("invited", "partner"):
            continue
        dice = Dice("channels", person.id)
        person.joins = [(person.joined, "general"), (person.joined + 1, "announcements")]
        curious = person.kind not in ("lurker", "onetimer") or dice.chance(0.35)
        wanted = ["introductions", *(person.interests if curious else person.interests[:1])]
        if person.is_staff or (curious and dice.chance(0.4)):
            wanted.append("kit-three")
        for channel in wanted:
            quick = channel == "introductions" or channel == person.interests[0] or dice.chance(0.5)
            later = dice.between(1, 25) * MINUTE if quick else dice.between(1, 12 * 24) * HOUR
            at = max(person.joined + later, opened[channel] + dice.between(1, 2000) * MINUTE)
            limit = min(closed.get(channel, clock.END), person.deactivated or clock.END)
            if at < limit:
                person.joins.append((at, channel))
        person.joins.sort()
