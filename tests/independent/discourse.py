"""Reads Discourse posts and lists of users (zip or folder) into canonical rows, by the data README, with nothing but
json and csv."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from .archives import files
from .canonical import Interaction, Member, Observes, Rows

# "observes: threads; reactions as counts only."
OBSERVES = Observes(views=False, reactions=False, joins=False, leaves=False, threads=True, members=False)


def read_discourse(exports: str | Path | Iterable[str | Path], source: str = "discourse") -> Rows:
    """Read one export or several; lists of users are files called user_list.csv or lie in a folder called users."""
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    posts, users = _load([Path(path) for path in paths])
    return _canonical(source, posts, users)


def reactions_received(exports: str | Path | Iterable[str | Path]) -> dict[str, int]:
    """Reactions by post id, of the posts that have received any."""
    paths = [exports] if isinstance(exports, str | Path) else list(exports)
    posts, _ = _load([Path(path) for path in paths])
    found = {}
    private = _private_topics(posts)
    for number, post in posts.items():
        # "`reactions` and `actions_summary` are counts without users [...] Do not add both."
        count = sum(reaction["count"] for reaction in post.get("reactions") or [])
        count = count or sum(a.get("count", 0) for a in post.get("actions_summary") or [] if a["id"] == 2)
        if count and post["post_type"] == 1 and post["topic_id"] not in private:
            found[str(number)] = count
    return found


def instant(text: str) -> datetime:
    """ISO with a zone, or as the CSV has it: '2024-01-01 12:00:00 UTC'."""
    return datetime.fromisoformat(text.replace(" UTC", "+00:00")).astimezone(UTC)


def _load(paths: list[Path]) -> tuple[dict[int, dict], dict[int, dict]]:
    posts: dict[int, dict] = {}
    users: dict[int, dict] = {}
    for path in paths:
        for name, text in files(path):
            if name.endswith("user_list.csv"):
                found = list(csv.DictReader(io.StringIO(text, newline="")))
                users.update({int(user["id"]): user for user in found})
            elif name.endswith(".json") and "users/" in name:
                user = json.loads(text)
                user = user.get("user", user)
                users[int(user["id"])] = user
            elif name.endswith(".json"):
                post = json.loads(text)
                known = posts.get(post["id"])
                # "Identity: `id`; of repeated ids the latest `updated_at` holds."
                if known is None or instant(post["updated_at"]) >= instant(known["updated_at"]):
                    posts[post["id"]] = post
    return posts, users


def _canonical(source: str, posts: dict[int, dict], users: dict[int, dict]) -> Rows:
    rows = Rows()
    private = _private_topics(posts)
    by_place = {(post["topic_id"], post["post_number"]): post for post in posts.values()}
    first_act: dict[int, datetime] = {}
    first_seen: dict[int, datetime] = {}
    official, names = set(), {}
    for post in sorted(posts.values(), key=lambda post: post["id"]):
        at, author = instant(post["created_at"]), post["user_id"]
        first_seen[author] = min(first_seen.get(author, at), at)
        names[author] = post["username"]
        # "`staff`, `admin` or `moderator` -> official."
        if post.get("staff") or post.get("admin") or post.get("moderator"):
            official.add(author)
        # "`post_type` 1 only"; "`deleted_at` or `user_deleted`: still an act of its time."
        if post["post_type"] == 1:
            first_act[author] = min(first_act.get(author, at), at)
            rows.interactions.append(_act(source, post, at, by_place, private))
    for user_id in sorted(set(users) | set(first_seen)):
        user = users.get(user_id, {})
        if any(str(user.get(key)).lower() == "true" for key in ("admin", "moderator")):
            official.add(user_id)
        created, act = user.get("created_at"), first_act.get(user_id)
        listed = instant(created) if created else None
        # "the export's join instant; where the export has none, the first instant at which the account is seen"
        joined_at = listed or act or first_seen.get(user_id) or min(first_seen.values())
        rows.members.append(
            Member(
                source=source,
                native_id=str(user_id),
                joined_at=joined_at,
                joined_at_is_inferred=listed is None,
                is_bot=user_id < 0,  # "Negative user ids are system accounts."
                is_official=user_id in official,
                is_system=user_id < 0,
                name=user.get("username") or names.get(user_id),
            )
        )
    return rows


def _private_topics(posts: dict[int, dict]) -> set[int]:
    # metrics.md: "message (private / direct)". Discourse calls such a topic's archetype so.
    return {post["topic_id"] for post in posts.values() if post.get("topic_archetype") == "private_message"}


def _act(
    source: str, post: dict, at: datetime, by_place: dict[tuple[int, int], dict], private: set[int]
) -> Interaction:
    # "`post_number = 1` -> `post`, else `reply`, thread = `topic_id`, parent = the post with `reply_to_post_number`,
    # else post 1."
    is_post = post["post_number"] == 1
    place = (post["topic_id"], post.get("reply_to_post_number") or 1)
    parent = by_place.get(place)
    return Interaction(
        interaction_id=f"{source}:{post['id']}",
        source=source,
        member_id=f"{source}:{post['user_id']}",
        occurred_at=at,
        interaction_type="message" if post["topic_id"] in private else "post" if is_post else "reply",
        container_id=str(post["category_id"]) if post.get("category_id") is not None else None,
        content_id=str(post["id"]),
        parent_id=None if is_post else str(parent["id"]) if parent else f"topic/{place[0]}/{place[1]}",
        thread_id=str(post["topic_id"]),
        target_member_id=None if is_post or not parent else f"{source}:{parent['user_id']}",
    )
