"""Forty weeks of talk: everybody's intentions in order of time, each meeting what has been said by then."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from orchestration.sample_community import clock, texts
from orchestration.sample_community.clock import HOUR, MINUTE
from orchestration.sample_community.dice import Dice
from orchestration.sample_community.people import LAUNCH_WEEK, Person
from orchestration.sample_community.scenes import Scene

# What is talked about in each channel, and how often.
_TOPICS = {
    "general": (("chat", 5), ("question", 3), ("link", 1), ("show", 1)),
    "workshop-help": (("question", 9), ("link", 1)),
    "show-and-tell": (("show", 8), ("chat", 1)),
    "electronics": (("question", 6), ("show", 2), ("link", 2)),
    "boat-builds": (("show", 4), ("question", 5), ("link", 1)),
    "repair-cafe": (("question", 7), ("show", 2)),
    "shop-talk": (("question", 4), ("chat", 4), ("link", 2)),
    "random": (("chat", 8), ("link", 3)),
    "kit-three": (("kit", 9), ("show", 2)),
}
# How strongly a post draws answers, by mood; some posts fall flat whatever they say.
_HEAT = {"question": 1.6, "show": 1.0, "intro": 1.2, "chat": 0.7, "link": 0.25, "kit": 1.4}
_FLAT = 0.04
_OPEN_FOR = 60 * HOUR


@dataclass(eq=False, slots=True)
class Message:
    """One human message, with what others hung on it."""

    channel: str
    at: int
    author: Person
    mood: str
    text: str
    root: "Message | None" = None
    heat: float = 1.0
    charm: float = 1.0
    replies: list["Message"] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)


class Conversation:
    """The talk as it grows. `messages` is in order of time."""

    def __init__(self, people: list[Person], planned: list[Scene], closed: dict[str, int]) -> None:
        self.dice = Dice("conversation")
        self.people = people
        self.closed = closed
        self.messages: list[Message] = []
        self.open: deque[Message] = deque()
        self.recent: deque[Message] = deque(maxlen=90)
        self.queue: list[tuple] = []
        self.order = count()
        self.staff = [person for person in people if person.is_staff]
        self.doors = {person.id: {channel: at for at, channel in person.joins} for person in people}
        self.on_duty = self._rota()
        self.introduced: set[str] = set()
        for scene in planned:
            self._schedule(scene.at, self._scene, scene)
        for person in people:
            self._plan(person)

    def run(self) -> list[Message]:
        """Plays the whole time through."""
        while self.queue:
            at, _, act, details = heapq.heappop(self.queue)
            act(at, *details)
        return self.messages

    def _schedule(self, at: int, act, *details) -> None:
        if at < clock.END:
            heapq.heappush(self.queue, (at, next(self.order), act, details))

    def _rota(self) -> list[list[Person]]:
        """Who answers questions in which week: helpers and staff first, some regulars too."""
        share = {"helper": 6, "staff": 3, "regular": 1, "returner": 1}
        rota: list[list[Person]] = [[] for _ in range(clock.WEEKS + 1)]
        for person in self.people:
            for week in person.weeks:
                rota[week].extend([person] * share.get(person.kind, 0))
        return rota

    def _plan(self, person: Person) -> None:
        """Spreads an active week over a few sittings, each of one or more acts close together."""
        dice = Dice("plan", person.id)
        for week in person.weeks:
            arrived = week == clock.week_of(person.joined)
            acts = max(1, dice.around(person.pace * (1.25 if arrived else 1.0)))
            sittings = [person.moment(dice, week) for _ in range(min(acts, dice.between(1, 5)))]
            last = min(clock.week_start(week + 1), person.deactivated or clock.END) - MINUTE
            for number in range(acts):
                at = sittings[number % len(sittings)] + dice.below(50 * MINUTE)
                if at <= person.joined + 40:
                    at = person.joined + 40 + dice.below(3 * HOUR)
                at = min(at, last - dice.below(20 * MINUTE))
                if at <= person.joined + 2:
                    continue
                act = dice.weighted((self._post, self._reply, self._react), person.manner)
                self._schedule(at, act, person)

    # -- what people do ------------------------------------------------------------------------------------------------

    def _scene(self, at: int, scene: Scene) -> None:
        text = texts.compose(self.dice, scene.text)
        self._say(
            Message(
                scene.channel, at, self.staff[scene.speaker], scene.mood, text, heat=scene.heat, charm=4 * scene.heat
            )
        )

    def _post(self, at: int, person: Person) -> None:
        dice = self.dice
        if person.id not in self.introduced and not person.is_staff:
            self.introduced.add(person.id)
            if self._inside(person, "introductions", at) and dice.chance(0.55):
                self._start(at, person, "introductions", "intro")
                return
        channels = [channel for channel in _TOPICS if self._inside(person, channel, at)]
        weights = [1 if channel in ("general", "random") else 2 for channel in channels]
        if not channels:
            return
        channel = dice.weighted(channels, weights)
        moods, shares = zip(*_TOPICS[channel], strict=True)
        self._start(at, person, channel, dice.weighted(moods, shares))

    def _start(self, at: int, person: Person, channel: str, mood: str) -> None:
        dice = self.dice
        text = texts.compose(dice, dice.pick(texts.POSTS[mood]))
        if dice.chance(0.003):
            text = dice.pick(texts.HOSTILE_TEXTS)
        heat = _HEAT[mood] if dice.chance(0.78) else _FLAT
        message = Message(channel, at, person, mood, text, heat=heat, charm=2.2 if mood in ("show", "intro") else 1.0)
        self._say(message)
        if heat == _FLAT:
            return
        # Somebody on duty sees it before the day is over; in the launch week they cannot keep up with everyone.
        prompt = {"question": 0.5, "kit": 0.5, "intro": 0.6}.get(mood, 0.08)
        if clock.week_of(at) == LAUNCH_WEEK:
            prompt *= 0.6
        if dice.chance(prompt):
            self._send_answer(message)

    def _send_answer(self, message: Message) -> None:
        rota = self.on_duty[clock.week_of(message.at)]
        if not rota:
            return
        person = self.dice.pick(rota)
        wait = MINUTE * (2 + int(600 * self.dice.fraction() * self.dice.fraction() * self.dice.fraction()))
        at = message.at + wait
        awake = 7 <= person.zone.hour(at) < 23
        same_week = clock.week_of(at) == clock.week_of(message.at)
        if person is not message.author and awake and same_week and self._inside(person, message.channel, at):
            self._schedule(at, self._answer, person, message)

    def _reply(self, at: int, person: Person) -> None:
        while self.open and self.open[0].at < at - _OPEN_FOR:
            self.open.popleft()
        threads, weights = [], []
        for root in self.open:
            if root.heat == _FLAT and self.dice.chance(0.9):
                continue
            if (root.author is person and not root.replies) or not self._inside(person, root.channel, at):
                continue
            age = at - root.at
            fresh = 1.0 if age < 8 * HOUR else 0.4 if age < 24 * HOUR else 0.1
            crowd = 1 / (1 + len(root.replies) / (2 + 2 * root.heat))
            threads.append(root)
            weights.append(root.heat * fresh * crowd)
        if threads and sum(weights) > 0.15:
            self._answer(at, person, self.dice.weighted(threads, weights))
        elif person.kind != "helper":
            self._post(at, person)

    def _answer(self, at: int, person: Person, root: Message) -> None:
        dice = self.dice
        if root.author is person:
            pool = "thanks"
        elif root.mood == "change" and person.is_staff:
            pool = "staff on change"
        else:
            pool = root.mood
        text = texts.compose(dice, dice.pick(texts.REPLIES[pool]))
        if dice.chance(0.06) and root.author is not person:
            text = f"<@{root.author.id}> {text}"
        self._say(Message(root.channel, at, person, "reply", text, root=root, charm=0.7))
        back = at + dice.between(2, 150) * MINUTE
        asker = root.author
        if asker is not person and clock.week_of(back) in asker.weeks and 7 <= asker.zone.hour(back) < 24:
            likely = {"question": 0.35, "kit": 0.35, "intro": 0.3}.get(root.mood, 0.12)
            if dice.chance(likely) and back < (asker.deactivated or clock.END):
                self._schedule(back, self._answer, asker, root)

    def _react(self, at: int, person: Person) -> None:
        # A reaction bears no time of its own and counts in the week of its message: only this week's will do.
        since = max(at - 3 * clock.DAY, clock.week_start(clock.week_of(at)), person.joined)
        seen = [
            message
            for message in self.recent
            if message.at >= since and message.author is not person and self._inside(person, message.channel, at)
        ]
        if not seen:
            return
        charms = [message.charm for message in seen]
        for _ in range(1 if person.kind == "lurker" else self.dice.between(1, 2)):
            self._add_reaction(person, self.dice.weighted(seen, charms))

    def _add_reaction(self, person: Person, message: Message) -> None:
        mood = message.mood if message.mood in texts.REACTIONS else "chat"
        name = texts.emoji(self.dice, mood)
        # People mostly join a reaction that is there already.
        if message.reactions and self.dice.chance(0.6):
            name = self.dice.pick(list(message.reactions))
        users = message.reactions.setdefault(name, [])
        if person.id not in users:
            users.append(person.id)

    # -- what it takes -------------------------------------------------------------------------------------------------

    def _inside(self, person: Person, channel: str, at: int) -> bool:
        if at >= self.closed.get(channel, clock.END):
            return False
        if person.kind == "partner":
            return channel in ("general", "electronics", "boat-builds")
        door = self.doors[person.id].get(channel)
        return door is not None and door <= at

    def _say(self, message: Message) -> None:
        self.messages.append(message)
        self.recent.append(message)
        if message.root is None:
            self.open.append(message)
        else:
            message.root.replies.append(message)
