"""Reads Stack Exchange dumps (zip or folder) into canonical rows, by the data README, with nothing but ElementTree."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO
from xml.etree import ElementTree

from .canonical import Interaction, Member, Observes, Rows

# "observes: joins, threads; reactions as counts."
OBSERVES = Observes(views=False, reactions=False, joins=True, leaves=False, threads=True, members=True)

FILES = ("Users", "Posts", "Comments", "Votes")


def read_stackexchange(exports: str | Path | Iterable[str | Path], source: str = "stackexchange") -> Rows:
    """Read one dump or several, the later ones last; of a row in several dumps the version of the later one holds."""
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    tables: dict[str, dict[str, dict[str, str]]] = {name: {} for name in FILES}
    for path in paths:
        for name, row in _rows(Path(path)):
            tables[name][row["Id"]] = row
    return _canonical(source, **{name.lower(): rows for name, rows in tables.items()})


def instant(stamp: str) -> datetime:
    """'stamps are UTC without a zone'"""
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with ExitStack() as stack:
        for name, handle in _files(path, stack):
            if name in FILES:
                for _, element in ElementTree.iterparse(handle):
                    if element.tag == "row":
                        yield name, dict(element.attrib)
                        element.clear()


def _files(path: Path, stack: ExitStack) -> Iterator[tuple[str, IO[bytes]]]:
    if path.is_dir():
        for file in sorted(path.rglob("*.xml")):
            yield file.stem, stack.enter_context(file.open("rb"))
        return
    archive = stack.enter_context(zipfile.ZipFile(path))
    for name in sorted(archive.namelist()):
        yield PurePosixPath(name).stem, stack.enter_context(archive.open(name))


def _canonical(
    source: str, users: dict[str, dict], posts: dict[str, dict], comments: dict[str, dict], votes: dict[str, dict]
) -> Rows:
    joined = {user_id: instant(user["CreationDate"]) for user_id, user in users.items()}

    def member(user_id: str | None) -> str | None:
        # "Rows without an owner are acts of nobody: counted in content, not in members."
        return f"{source}:{user_id}" if user_id else None

    def question(post_id: str) -> str:
        # "Thread of an answer: its question."
        post = posts.get(post_id, {})
        return post.get("ParentId", post_id) if post.get("PostTypeId") == "2" else post_id

    def act(table: str, row: dict, kind: str, owner: str | None, at: datetime, parent: str | None, thread: str, **more):
        return Interaction(
            interaction_id=f"{source}:{table}:{row['Id']}", source=source, member_id=member(owner), occurred_at=at,
            interaction_type=kind, parent_id=f"post {parent}" if parent else None, thread_id=f"post {thread}",
            target_member_id=member(posts.get(parent or "", {}).get("OwnerUserId")), **more,
        )  # fmt: skip

    acts = []
    for post_id, row in posts.items():
        # "Posts of type 1 -> `post`, 2 -> `reply` to `ParentId`; other types are not acts."
        kind = {"1": "post", "2": "reply"}.get(row["PostTypeId"])
        if kind:
            parent = row.get("ParentId") if kind == "reply" else None
            at = instant(row["CreationDate"])
            more = {"content_id": f"post {post_id}", "content_type": "text"}
            acts.append(act("post", row, kind, row.get("OwnerUserId"), at, parent, question(post_id), **more))
    for comment_id, row in comments.items():
        # "Comments -> `reply` to `PostId`, thread = the question."
        post_id, at = row["PostId"], instant(row["CreationDate"])
        more = {"content_id": f"comment {comment_id}", "content_type": "text"}
        acts.append(act("comment", row, "reply", row.get("UserId"), at, post_id, question(post_id), **more))
    for row in votes.values():
        # "Votes: only those with a `UserId` are acts -> `reaction`, precision `day`."
        user_id, post_id, at = row.get("UserId"), row["PostId"], instant(row["CreationDate"])
        if user_id:
            # On the day of joining nobody votes before joining.
            if user_id in joined and joined[user_id].date() == at.date():
                at = joined[user_id]
            more = {"content_id": f"post {post_id}", "time_precision": "day"}
            acts.append(act("vote", row, "reaction", user_id, at, post_id, question(post_id), **more))
    return Rows(members=_members(source, users, joined, acts), interactions=acts)


def _members(source: str, users: dict[str, dict], joined: dict[str, datetime], acts: list[Interaction]) -> list[Member]:
    first_act: dict[str, datetime] = {}
    for act in acts:
        if act.member_id:
            user_id = act.member_id.removeprefix(f"{source}:")
            first_act[user_id] = min(first_act.get(user_id, act.occurred_at), act.occurred_at)
    members = []
    # "an account that is only seen there is still a member"
    for user_id in sorted(set(users) | set(first_act)):
        told = joined.get(user_id)
        members.append(
            Member(
                source=source,
                native_id=user_id,
                # "Users.xml (`CreationDate` = joined_at)"
                joined_at=told or first_act[user_id],
                joined_at_is_inferred=told is None,
                is_bot=user_id == "-1",  # "`Id = -1` is a bot."
                name=users.get(user_id, {}).get("DisplayName"),
            )
        )
    return members
