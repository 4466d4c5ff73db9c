"""Random communities, and the exports and the config that would tell of them.

A community is a few sources in the format `table` and one or two shops, each with people, habits and a history of its
own; some persons have accounts in several. Everything follows from one seed.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import strategies

from .calendar_weeks import WEEK, Calendar
from .canonical import Community, Contact, Observes, Rows
from .tables import Act, Bought, Listed, Source, canonical

# Clocks change within: in New York on 2025-11-02 and 2026-03-08, in Berlin on 2025-10-26 and 2026-03-29.
FIRST_DAY = date(2025, 9, 29)
MOST_WEEKS = 30
FORUMS, SHOPS = 16, 3

# What native ids look like where people choose them.
ODD_NAMES = (
    "o'neil",
    'say "hi"',
    "semi;colon",
    "a,b",
    "Zoë",
    "日本",
    "%_x",
    "{{ x }}",
    "-1",
    "null",
    "a:b",
    "back\\slash",
)
# How one platform calls what stillhere calls otherwise.
NAMES_OF_TYPES = {"comment": "reply", "like": "reaction", "read": "view"}
EVENTS = ("mute", "unfollow", "report", "block", "removed", "banned")


@dataclass
class Made:
    """A random community: its settings, its sources as written, and the canonical rows that they come to."""

    community: Community
    sources: list[Source]
    contacts: list[Contact] = field(default_factory=list)

    @property
    def rows(self) -> Rows:
        """What the exports come to."""
        rows = canonical(self.sources)
        rows.contacts = self.contacts
        return rows


def random_community(
    seed: int, timezone: str = "UTC", week_start_day: str = "monday", forums: int = FORUMS, shops: int = SHOPS
) -> Made:
    """A community that the seed alone decides."""
    dice = Random(seed)
    calendar = Calendar(timezone, week_start_day)
    sources = [Forum(dice, f"forum{n:02}", calendar).source for n in range(forums)]
    sources += [_shop(dice, f"shop{n}", calendar) for n in range(shops)]
    accounts = [(s.name, who) for s in sources for who in sorted(_names(s))]
    community = Community(
        sources={source.name: source.observes for source in sources},
        timezone=timezone,
        week_start_day=week_start_day,
        thresholds={
            "churned_after_weeks": (churned := dice.choice([5, 8, 12])),
            "at_risk_after_weeks": dice.randint(2, churned - 1),
            "newbie_days": dice.choice([10, 30]),
            "growth_days": dice.choice([50, 90]),
            "member_weeks_kept": MOST_WEEKS + 10,
        },
        identities=_identities(dice, accounts),
        official=frozenset(f"{source}:{who}" for source, who in dice.sample(accounts, k=min(3, len(accounts)))),
        bots=frozenset(f"{source}:{who}" for source, who in dice.sample(accounts, k=min(3, len(accounts)))),
    )
    return Made(community, sources, _lists(Random(f"{seed} lists"), community, accounts))


def _lists(dice: Random, community: Community, accounts: list[tuple[str, str]]) -> list[Contact]:
    """What the lists are made with, of dice of their own; and who was contacted, where there is a log."""
    community.thresholds |= {
        "winback_churned_weeks": dice.choice([2, 6, 26]),
        "reactivated_within_weeks": dice.choice([1, 4]),
        "lift_min_members": dice.choice([1, 3, 100]),
        "removal_silence_weeks": dice.choice([4, 9]),
        "removal_tenure_days": dice.choice([20, 60]),
        "removal_purchase_days": dice.choice([30, 60]),
    }
    community.holdout_salt = dice.choice(["salt", "another 'salt'"])
    some = dice.sample(accounts, k=len(accounts) // 10)
    community.do_not_contact = frozenset(f"{source}:{who}" for source, who in some)
    community.has_outreach_log = dice.random() < 0.7
    if not community.has_outreach_log:
        return []
    start = Calendar(community.timezone, community.week_start_day).start(FIRST_DAY)
    return [
        Contact(f"{source}:{who}", start + timedelta(seconds=dice.randrange(MOST_WEEKS * 7 * 24 * 3600)))
        for source, who in dice.choices(accounts, k=6 * len(accounts))
    ]


# For hypothesis: small enough to be read slowly some dozens of times.
communities = strategies.builds(
    random_community,
    seed=strategies.integers(0, 2**32),
    timezone=strategies.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]),
    week_start_day=strategies.sampled_from(["monday", "sunday"]),
    forums=strategies.integers(1, 2),
    shops=strategies.integers(0, 1),
)


def _names(source: Source) -> set[str]:
    return {a.who for a in source.acts} | {m.who for m in source.members} | {o.who for o in source.orders if o.who}


def _identities(dice: Random, accounts: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """A third of the accounts, and most buyers, belong to persons who may have several, also within one source."""
    some = dice.sample(accounts, k=len(accounts) // 3)
    persons = {account: f"person {dice.randrange(1 + len(some) // 2)}" for account in some}
    for account in accounts:
        if account[0].startswith("shop") and dice.random() < 0.7:
            persons[account] = persons.setdefault(dice.choice(accounts), f"person {account}")
    return persons


class Forum:
    """Writes the history of one source of the format `table`."""

    def __init__(self, dice: Random, name: str, calendar: Calendar) -> None:
        self.dice, self.calendar = dice, calendar
        self.first = calendar.week_of_day(FIRST_DAY) + WEEK * dice.choice([0, 0, 0, 1, 3, 6, 12])
        self.weeks = dice.randint(12, (calendar.week_of_day(FIRST_DAY) + WEEK * MOST_WEEKS - self.first) // WEEK)
        self.quiet = {dice.randrange(self.weeks) for _ in range(dice.randint(0, 4))}
        sees = {what: dice.random() < chance for what, chance in (("views", 0.6), ("reactions", 0.8), ("threads", 0.7))}
        self.source = Source(name, Observes(**sees, joins=True, leaves=True, members=True))
        self.has_threads = sees["threads"] and dice.random() < 0.6
        self.people = [self._name(n) for n in range(dice.randint(3, 25))]
        self.robots = {who for who in self.people if dice.random() < 0.06}
        self.staff = {who for who in self.people if dice.random() < 0.1}
        self.made: list[Act] = []
        self._write()

    def _name(self, number: int) -> str:
        return f"{self.dice.choice(ODD_NAMES)} {number}" if self.dice.random() < 0.2 else f"u{number}"

    def _instant(self, week: int) -> datetime:
        """Some instant of a week; rather often its first or its last, or midnight."""
        start = self.calendar.start(self.first + WEEK * week)
        end = self.calendar.end(self.first + WEEK * week)
        roll = self.dice.random()
        if roll < 0.04:
            return start
        if roll < 0.08:
            return end - timedelta(microseconds=1)
        if roll < 0.12:
            return self.calendar.start(self.first + WEEK * week + timedelta(days=self.dice.randrange(7)))
        if roll < 0.16:
            return end - timedelta(hours=24, seconds=self.dice.choice([-1, 0, 1]))
        return start + (end - start) * self.dice.random() // timedelta(seconds=1) * timedelta(seconds=1)

    def _write(self) -> None:
        instants = []
        for who in self.people:
            instants += [(self._instant(week), who) for week in self._habit() if week not in self.quiet]
        for at, who in sorted(instants):
            self._act(who, at)
        for who in self.people:
            self._come_and_go(who)
        acts = self.source.acts
        # The same rows again, and later versions of some.
        again = self.dice.sample(acts, k=len(acts) // 20)
        acts += [replace(act, content_type="video") if act.id and act.content_type else act for act in again]
        if self.dice.random() < 0.8:
            self._list_members()
        else:
            self.source.observes = replace(self.source.observes, members=False)

    def _habit(self) -> list[int]:
        """The weeks in which somebody does something, as often as they do in each."""
        dice, every = self.dice, range(self.weeks)
        kind = dice.choice(["regular", "sometimes", "once", "rhythm", "early", "never", "busy"])
        chosen = {
            "regular": lambda: [w for w in every if dice.random() < 0.8],
            "sometimes": lambda: [w for w in every if dice.random() < 0.25],
            "once": lambda: [dice.choice(every)],
            "rhythm": lambda: list(every[dice.randrange(3) :: dice.randint(1, 3)])[: dice.randint(3, 9)],
            "early": lambda: [w for w in every[: 1 + self.weeks // 3] if dice.random() < 0.7],
            "never": lambda: [],
            "busy": lambda: [w for w in every if dice.random() < 0.6 for _ in range(dice.randint(1, 5))],
        }[kind]()
        return [week for week in chosen for _ in range(dice.choice([1, 1, 2]))]

    def _act(self, who: str, at: datetime) -> None:
        dice = self.dice
        before = [act for act in self.made if act.at <= at]
        kinds = ["post"] * 4 + ["message", "vote", "attend", "claim", "follow"]
        if before:
            kinds += ["reply"] * 5 + ["share"]
            kinds += ["reaction"] * (6 if self.source.observes.reactions or dice.random() < 0.05 else 0)
        kinds += ["view"] * (6 if self.source.observes.views or dice.random() < 0.05 else 0)
        kind = dice.choice(kinds)
        act = self._add(who, at, kind, dice.choice(before[-12:]) if before else None)
        if kind == "post":
            for _ in range(dice.choice([0, 0, 1, 1, 2])):
                after = dice.choice(
                    [
                        timedelta(0),
                        timedelta(minutes=dice.randint(1, 1000)),
                        timedelta(hours=24, microseconds=-1),
                        timedelta(hours=24),
                        timedelta(hours=dice.randint(24, 80)),
                    ]
                )
                if at + after < self.calendar.start(self.first + WEEK * self.weeks):
                    self._add(dice.choice(self.people), at + after, "reply", act)

    def _add(self, who: str, at: datetime, kind: str, on: Act | None) -> Act:
        dice, number = self.dice, f"{self.source.name}-{len(self.source.acts)}"
        makes = kind in ("post", "reply", "message")
        act = Act(who, at, kind, id=number if makes or dice.random() < 0.5 else None)
        act = replace(act, container=dice.choice(["a", "b", None]))
        if makes:
            act = replace(act, content_type=dice.choice(["text", "image", "link", None]))
        if kind in ("reply", "reaction", "share", "view") and on is not None:
            act = self._on(act, on, kind)
        self.source.acts.append(act)
        if makes:
            self.made.append(act)
        return act

    def _on(self, act: Act, on: Act, kind: str) -> Act:
        """Ties an act to what it answers; a fifth of the reactions takes the instant of that."""
        dice = self.dice
        if kind == "reply":
            if not self.source.observes.threads:
                return act
            if dice.random() < 0.03:
                return replace(act, parent="gone", target=dice.choice(self.people))
            return replace(act, parent=on.id, thread=(on.thread or on.id) if self.has_threads else None)
        if kind == "reaction" and dice.random() < 0.2:
            act = replace(act, at=on.at)
        target = on.who if dice.random() < 0.5 else None
        if kind != "reaction" and act.id is None and dice.random() < 0.5:
            return replace(act, content=on.id)
        return replace(act, parent=on.id, target=target)

    def _come_and_go(self, who: str) -> None:
        """Joins, leaves, and what else happens around membership."""
        dice = self.dice
        if dice.random() < 0.3:
            week = dice.randrange(self.weeks)
            self.source.acts.append(Act(who, self._instant(week), "leave"))
            if dice.random() < 0.5 and week + 1 < self.weeks:
                again = dice.randrange(week + 1, self.weeks)
                self.source.acts.append(Act(who, self._instant(again), "join"))
                if dice.random() < 0.5:  # back and away again within the week
                    self.source.acts.append(Act(who, self._instant(again), "leave"))
        if dice.random() < 0.3:
            self.source.acts.append(Act(who, self._instant(dice.randrange(self.weeks)), "join"))
        if dice.random() < 0.3:
            self.source.acts.append(Act(who, self._instant(dice.randrange(self.weeks)), dice.choice(EVENTS)))

    def _joined_at(self, who: str) -> datetime | None:
        """Mostly shortly before the first act, as it is where people join; else somewhere, or not told."""
        dice = self.dice
        first = min((act.at for act in self.source.acts if act.who == who), default=None)
        roll = dice.random()
        if roll < 0.6 and first is not None:
            return max(first - dice.choice([0, 0, 1, 5, 12]) * timedelta(days=1), self.calendar.start(self.first))
        return self._instant(dice.randrange(1 + self.weeks // 2)) if roll < 0.8 else None

    def _list_members(self) -> None:
        dice = self.dice
        for who in [*self.people, *(f"listed {n}" for n in range(dice.randint(0, 3)))]:
            if dice.random() < 0.1 and who in self.people:
                continue
            attributes = {
                "country": dice.choice(["DE", "NP", "US", None]),
                "age_band": dice.choice(["18-24", "25-34", None]),
            }
            self.source.members.append(
                Listed(
                    who,
                    joined_at=self._joined_at(who),
                    left_at=self._instant(dice.randrange(self.weeks)) if dice.random() < 0.1 else None,
                    is_bot=who in self.robots,
                    is_official=who in self.staff,
                    attributes=attributes,
                )
            )


def _shop(dice: Random, name: str, calendar: Calendar) -> Source:
    first = calendar.week_of_day(FIRST_DAY) + WEEK * dice.choice([0, 2, 9])
    weeks = dice.randint(6, (calendar.week_of_day(FIRST_DAY) + WEEK * MOST_WEEKS - first) // WEEK)
    sees = Observes(views=False, reactions=False, joins=False, leaves=False, threads=False, members=False)
    shop = Source(name, sees, is_shop=True)
    currencies = ["EUR"] if name == "shop0" else dice.choice([["EUR"], ["EUR", "EUR", "USD"], ["EUR", "NPR"]])
    for number in range(dice.randint(5, 60)):
        at = calendar.start(first) + timedelta(seconds=dice.randrange(weeks * 7 * 24 * 3600))
        status = dice.choice(["paid", "paid", "paid", "fulfilled", "refunded", "cancelled", "failed"])
        order = Bought(
            f"o{number}",
            f"c{dice.randrange(1, 20)}" if dice.random() > 0.1 else "",
            at,
            Decimal(dice.randrange(0, 100_000)) / 100,
            dice.choice(currencies),
            status,
        )
        shop.orders.append(order)
        if dice.random() < 0.1:
            shop.orders.append(replace(order, status="refunded"))
    return shop


# --- what they look like as exports ---------------------------------------------------------------------------------


def write(made: Made, folder: Path, seed: int = 0) -> Path:
    """Writes config and exports; the seed decides how the files look, which no figure may depend on."""
    dice = Random(seed)
    community = made.community
    lines = [
        "[community]",
        'name = "A random community"',
        f"timezone = {_text(community.timezone)}",
        f"week_start_day = {_text(community.week_start_day)}",
        f"official = [{', '.join(map(_text, sorted(community.official)))}]",
        f"bots = [{', '.join(map(_text, sorted(community.bots)))}]",
        f"do_not_contact = [{', '.join(map(_text, sorted(community.do_not_contact)))}]",
    ]
    folder.mkdir(parents=True, exist_ok=True)
    if community.identities:
        lines.append('identities = "identities.csv"')
        people = [(person, *account) for account, person in community.identities.items()]
        _write_csv(folder / "identities.csv", ["person", "source", "native_id"], people)
    kept = {"member_weeks_kept"}
    lines += ["[thresholds]", *(f"{k} = {v}" for k, v in community.thresholds.items() if k not in kept)]
    # Random sources fall silent at will, which is not what the gate is asked about here.
    lines += ["source_regular_rows = 1000000"]
    lines += ["[publish]", *(f"{k} = {v}" for k, v in community.thresholds.items() if k in kept)]
    lines += ["[winback]", f"holdout_salt = {_text(community.holdout_salt)}"]
    if community.has_outreach_log:
        _write_csv(
            folder / "exports" / "log.csv",
            ["member", "contacted_at"],
            [(contact.member_id, contact.contacted_at.isoformat()) for contact in made.contacts],
        )
        lines += ["[[sources]]", 'name = "log"', 'format = "outreach"', 'path = "exports/log.csv"']
    for source in made.sources:
        lines += _write_shop(source, folder) if source.is_shop else _write_forum(source, folder, dice)
    config = folder / "stillhere.toml"
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return config


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _instant(at: datetime | None, as_epoch: bool) -> str:
    if at is None:
        return ""
    if as_epoch:
        return f"{(at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) / 1_000_000:.6f}"
    return at.isoformat()


def _write_csv(path: Path, head: list[str], rows: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(head)
        writer.writerows(rows)


def _write_forum(source: Source, folder: Path, dice: Random) -> list[str]:
    epoch, own_words = dice.random() < 0.3, dice.random() < 0.5
    spelled = {ours: theirs for theirs, ours in NAMES_OF_TYPES.items()} if own_words else {}
    fields = ["id", "container", "content", "parent", "thread", "target", "content_type"]
    used = [name for name in fields if any(getattr(act, name) for act in source.acts) or name == "id"]
    rows = [
        [act.who, _instant(act.at, epoch), spelled.get(act.what, act.what), *(getattr(act, n) or "" for n in used)]
        for act in source.acts
    ]
    exports = folder / "exports" / source.name
    exports.mkdir(parents=True, exist_ok=True)
    head = ["who", "at", "what", *used]
    if dice.random() < 0.3:
        text = "".join(json.dumps(dict(zip(head, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
        (exports / "acts.jsonl").write_text(text, encoding="utf-8")
    else:
        _write_csv(exports / "acts.csv", head, rows)
    sees = [name for name in ("views", "reactions", "threads") if getattr(source.observes, name)]
    lines = ["", "[[sources]]", f"name = {_text(source.name)}", 'format = "table"', f'path = "exports/{source.name}"']
    lines += [f"observes = {json.dumps([*sees, 'joins', 'leaves'])}"]
    lines += ["[sources.columns]", 'member = "who"', 'at = "at"', 'type = "what"', *(f'{n} = "{n}"' for n in used)]
    if own_words:
        lines += ["[sources.types]", *(f"{theirs} = {_text(ours)}" for theirs, ours in NAMES_OF_TYPES.items())]
    return lines + (_write_members(source, exports) if source.members else [])


def _write_members(source: Source, exports: Path) -> list[str]:
    attributes = sorted({name for member in source.members for name in member.attributes})
    rows = [
        [m.who, _instant(m.joined_at, False), _instant(m.left_at, False), "yes" if m.is_bot else "no"]
        + ["yes" if m.is_official else "no", *(m.attributes.get(name) or "" for name in attributes)]
        for m in source.members
    ]
    _write_csv(exports / "members.csv", ["who", "joined", "left", "bot", "official", *attributes], rows)
    lines = ["[sources.members]", 'file = "members.csv"', 'member = "who"', 'joined_at = "joined"']
    lines += ['left_at = "left"', 'is_bot = "bot"', 'is_official = "official"']
    if takes_attributes():
        lines += ["[sources.members.attributes]", *(f'{name} = "{name}"' for name in attributes)]
    return lines


def takes_attributes() -> bool:
    """Whether the format `table` knows attributes of members yet."""
    from orchestration.formats.table import MemberList

    return "attributes" in MemberList.model_fields


def _write_shop(source: Source, folder: Path) -> list[str]:
    rows = [[o.order_id, o.who, o.at.isoformat(), f"{o.amount}", o.currency, o.status] for o in source.orders]
    head = ["order_id", "who", "at", "total", "currency", "status"]
    _write_csv(folder / "exports" / source.name / "orders.csv", head, rows)
    return [
        "", "[[sources]]", f"name = {_text(source.name)}", 'format = "orders"', f'path = "exports/{source.name}"',
        "[sources.columns]", 'member = "who"', 'at = "at"', 'amount = "total"',
        *(f'{name} = "{name}"' for name in ("order_id", "currency", "status")),
    ]  # fmt: skip
