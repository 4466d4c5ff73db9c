"""Who is meant by a MEMBER_ID: the accounts, the person they belong to, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestration import warehouse
from orchestration.config import Config
from orchestration.erasure import lake_rows
from orchestration.erasure.erased_list import MEMBER, PERSON, ErasedList
from orchestration.erasure.lake_rows import Found
from orchestration.errors import UserError
from orchestration.home import Home

_HOW_TO_FIND = (
    "Ids are those of the column member_id in winback.csv, removal.csv and the published tables:"
    " '<source>:<native id>', such as {example}, or a person of the identities file."
)


@dataclass(frozen=True)
class Member:
    """Somebody who is to be erased.

    Attributes:
        accounts: all of their accounts, as published.
        persons: their ids in the identities file; none where it does not name them.
        aliases: the ids by which others' rows know them through a name.
        names: what they are called.
        found: what the lake holds of them, by source.
        is_known: whether any export, or the identities file, has shown them.
        was_erased: whether all of these accounts are on the list of the erased.
    """

    accounts: tuple[str, ...]
    persons: tuple[str, ...]
    aliases: tuple[str, ...]
    names: tuple[str, ...]
    found: dict[str, Found]
    is_known: bool
    was_erased: bool


def find(config: Config, home: Home, given: str, erased: ErasedList) -> Member:
    """Who an id means: one of several accounts stands for the whole person.

    Raises:
        UserError: it is the id of one person and of an account of another.
    """
    accounts, persons = _accounts_of(config, given)
    names, aliases = lake_rows.called(home, accounts)
    found = lake_rows.find(home, [*accounts, *sorted(aliases)])
    was_erased = all(erased.has(MEMBER, account) for account in accounts) or erased.has(PERSON, given)
    return Member(
        accounts, persons, tuple(sorted(aliases)), tuple(sorted(names)), found, bool(found or persons), was_erased
    )  # fmt: skip


def how_to_find(config: Config) -> str:
    """Where ids stand."""
    return _HOW_TO_FIND.format(example=f"{config.sources[0].name}:U0123")


def is_account(config: Config, given: str) -> bool:
    """Whether an id is that of an account of one of the sources, seen or not."""
    source, _, native_id = given.partition(":")
    return bool(native_id) and source in {one.name for one in config.sources}


def unknown(config: Config, given: str) -> UserError:
    """Nobody has the id: says where ids stand, and what to do about somebody of whom no export has told yet."""
    text = f"{given!r}: nobody of that id is in the exports that were loaded, nor in the identities file. "
    text += how_to_find(config)
    if is_account(config, given):
        text += " To keep out somebody of whom no export has told yet, add --unseen."
    return UserError(text)


def _accounts_of(config: Config, given: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The accounts that an id stands for, and the person's ids in the identities file."""
    by_person: dict[str, list[str]] = {}
    for person, source, native_id in warehouse.identities(config):
        by_person.setdefault(person, []).append(f"{source}:{native_id}")
    owners = [person for person, accounts in by_person.items() if given in accounts]
    if given in by_person and owners not in ([], [given]):
        raise UserError(
            f"{given!r}: the identities file has a person of that id, and gives the account of that id to"
            f" {owners[0]!r}. Say whom you mean by another of their accounts."
        )
    for person in (given, *owners):
        if person in by_person:
            return _each_once(by_person[person]), (person,)
    return (given,), ()


def _each_once(accounts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(accounts))
