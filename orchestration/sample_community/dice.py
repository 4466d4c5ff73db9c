"""Chance that falls the same way on every machine and every Python."""

import random
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


class Dice:
    """Draws for one subject.

    Python promises the same stream only for `random()` itself, so everything here is plain arithmetic on it. Each
    subject has a stream of its own: changing how one person is drawn leaves everybody else as they were.
    """

    def __init__(self, *subject: object) -> None:
        self._draw = random.Random("/".join(("harbour makers", *map(str, subject)))).random

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return self._draw()

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._draw() < probability

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        return int(self._draw() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def pick(self, things: Sequence[Thing]) -> Thing:
        """One of them, each as likely."""
        return things[self.below(len(things))]

    def weighted(self, things: Sequence[Thing], weights: Sequence[float]) -> Thing:
        """One of them, as likely as its weight says."""
        mark = self._draw() * sum(weights)
        for thing, weight in zip(things, weights, strict=True):
            mark -= weight
            if mark < 0:
                return thing
        return things[-1]

    def some(self, things: Sequence[Thing], count: int) -> list[Thing]:
        """So many different ones, in random order."""
        pool = list(things)
        count = min(count, len(pool))
        for position in range(count):
            other = position + self.below(len(pool) - position)
            pool[position], pool[other] = pool[other], pool[position]
        return pool[:count]

    def around(self, mean: float) -> int:
        """A whole number near the mean: half to one and a half times, rounded up or down by chance."""
        value = mean * (0.5 + self._draw())
        whole = int(value)
        return whole + (self._draw() < value - whole)

    def code(self, length: int, alphabet: str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ") -> str:
        """So many letters of the alphabet."""
        return "".join(self.pick(alphabet) for _ in range(length))

    def hexadecimal(self, length: int) -> str:
        """So many hexadecimal digits."""
        return self.code(length, "0123456789abcdef")
