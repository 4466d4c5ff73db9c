"""Whom raw rows are of and whom they name: what a format says of each of its raw tables, so that people can be erased.

The SQL is over the table's own columns and the lineage columns `_source` and `_file`. It may call the macro
`is_erased(member_id)`, which asks the list of the erased, with ids as they are published (`slack:U0123`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class People:
    """The people of a raw table.

    Attributes:
        member_id: SQL for the member whose row it is, as published; null where it is nobody's. Such a row goes with its
            member.
        is_theirs: SQL for a row that goes though its `member_id` is nobody erased; see `WhatsApp`.
        names: the columns that hold what the member of the row is called.
        named_as: where other rows know people by those names: what stands before a name in such an id, as in
            `telegram:name:Ann`.
        named: the columns by which other rows name people, each with the SQL for its value without the erased.
    """

    member_id: str | None = None
    is_theirs: str | None = None
    names: tuple[str, ...] = ()
    named_as: str | None = None
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def goes(self) -> str:
        """SQL for whether a row goes with somebody erased."""
        whose = [f"is_erased({self.member_id})"] if self.member_id else []
        return " or ".join([*whose, *([f"({self.is_theirs})"] if self.is_theirs else [])]) or "false"


NOBODY = People()
"""A table of numbers, in which no person stands."""


def id_in_source(column: str) -> str:
    """SQL for the published id of an account that a column names by the platform's own id."""
    return f"(_source || ':' || {column})"


def unless_erased(column: str, member_id: str | None = None) -> str:
    """SQL for a column without its value where it names somebody erased."""
    return f"case when not is_erased({member_id or id_in_source(column)}) then {column} end"


def without_accounts(column: str, key: str) -> str:
    """SQL for a list of structs without those of erased accounts; `key` is the field with the account's own id."""
    return f"list_filter({column}, lambda one: not is_erased({id_in_source(f'one.{key}')}))"


def reactions_without_accounts(key: str) -> str:
    """SQL for `reactions` (emoji, quantity, users) without erased users: with each goes one that is counted."""
    left = without_accounts("given.users", key)
    return f"""list_transform(reactions, lambda given: struct_pack(
        emoji := given.emoji,
        quantity := given.quantity - coalesce(len(given.users), 0) + coalesce(len({left}), 0),
        users := {left}))"""


def without_names(column: str, named_as: str = "") -> str:
    """SQL for a list of names without those of the erased; for `named_as` see `People`."""
    known_as = id_in_source(f"'{named_as}' || one" if named_as else "one")
    return f"list_filter({column}, lambda one: not is_erased({known_as}))"
