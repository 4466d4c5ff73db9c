"""Reading a config file, and finding all that is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.config.sections import CommunitySection, Config, Goal, Section, Source, Thresholds
from orchestration.config.wording import place_of, words_of
from orchestration.errors import ConfigError


def load(file: Path) -> Config:
    """Reads and checks a config file.

    Raises:
        ConfigError: the file is missing, is no TOML, or a key is unknown, missing or has a value that does not fit;
            all such keys are listed at once.
    """
    raw = _parsed(file)
    problems = _problems(Config, {**raw, "file": file.absolute()})
    if "file" in raw:
        problems.append("file: unknown key")
    problems += _problems_between_sections(file, raw) + _problems_of_sources(raw) + _problems_of_goals(raw)
    if problems:
        raise ConfigError("\n".join(f"{file}: {problem}" for problem in problems))
    return Config(file=file.absolute(), **raw)


def _parsed(file: Path) -> dict[str, Any]:
    try:
        # Editors on Windows put a byte order mark in front.
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file. `stillhere init` writes one; `--config` names another.") from None
    except IsADirectoryError:
        raise ConfigError(f"{file}: a folder. Expected the config in it, such as {file / 'stillhere.toml'}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as UTF-8 text ({error}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}.") from None


def _problems(model: type[BaseModel], given: Any, where: str = "") -> list[str]:
    """What is wrong with a section, one line a key."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        # Entries that are wrong are no longer counted, and a list of them alone is called too short.
        items = [item for item in error.errors() if item["type"] != "too_short" or not item["input"]]
        found = [(place_of(item["loc"], given), words_of(item, model)) for item in items]
        # A key that may be text or a number complains twice; a section as a whole has no key of its own.
        first = dict(reversed(found))
        return [f"{'.'.join(filter(None, (where, key)))}: {what}" for key, what in reversed(first.items())]
    return []


def _problems_between_sections(file: Path, raw: dict[str, Any]) -> list[str]:
    """What no key shows on its own. Sections that are wrong in themselves are passed over."""
    problems = []
    names = [entry.get("name") for entry in _entries(raw)]
    problems += [
        f"sources: the name {name!r} is used twice; names must be unique"
        for name in dict.fromkeys(name for name in names if isinstance(name, str))
        if names.count(name) > 1
    ]
    problems += [
        f"sources.{entry.get('name')}.audience_of: {entry['audience_of']!r} is not the name of one of the [[sources]]"
        for entry in _entries(raw)
        if "audience_of" in entry and entry["audience_of"] not in names
    ]
    problems += [
        f"sources.{entry.get('name')}.members_of: {entry['members_of']!r} is not in [[sources]]"
        for entry in _entries(raw)
        if isinstance(entry.get("members_of"), str) and entry["members_of"] not in names
    ]
    thresholds = _valid(Thresholds, raw.get("thresholds", {}))
    if thresholds and thresholds.at_risk_after_weeks >= thresholds.churned_after_weeks:
        problems.append(
            f"thresholds.at_risk_after_weeks: expected less than churned_after_weeks, which is"
            f" {thresholds.churned_after_weeks} (found {thresholds.at_risk_after_weeks})"
        )
    if thresholds and thresholds.newbie_days >= thresholds.growth_days:
        problems.append(
            f"thresholds.newbie_days: expected less than growth_days, which is {thresholds.growth_days}"
            f" (found {thresholds.newbie_days})"
        )
    community = _valid(CommunitySection, raw.get("community"))
    if community is None:
        return problems
    for key in ("official", "bots", "do_not_contact"):
        problems += [
            f"community.{key}: {account!r} names the source {account.split(':')[0]!r}, which is not in [[sources]]"
            for account in getattr(community, key)
            if account.split(":")[0] not in names
        ]
    for key in ("identities", "do_not_contact_file"):
        given = getattr(community, key)
        if given is not None and (problem := _problem_of_file(file.absolute().parent / given)):
            problems.append(f"community.{key}: {problem}")
    return problems


def _problem_of_file(path: Path) -> str | None:
    try:
        if path.is_file():
            return None
        return f"a folder, no file: {path}" if path.is_dir() else f"no such file: {path}"
    except OSError as error:
        return f"no such file: {str(path)[:200]} ({error.strerror})"


def _problems_of_sources(raw: dict[str, Any]) -> list[str]:
    """Formats that do not exist, and keys that the format of their source does not take."""
    from orchestration import formats

    problems = []
    for number, entry in enumerate(_entries(raw)):
        where, chosen = f"sources.{entry.get('name', number)}", entry.get("format")
        options = {key: value for key, value in entry.items() if key not in Source.model_fields}
        if isinstance(chosen, str) and chosen not in formats.names():
            problems.append(f"{where}.format: unknown format {chosen!r}; expected one of {', '.join(formats.names())}")
        elif isinstance(chosen, str):
            problems += _problems(formats.get(chosen).Options, options, where)
    return problems


def _problems_of_goals(raw: dict[str, Any]) -> list[str]:
    """Goals of one name, of a source that is not there, or that end before they begin."""
    goals = [goal for entry in _entries(raw, "goals") if (goal := _valid(Goal, entry))]
    names = [goal.name for goal in goals]
    problems = [
        f"goals: the name {name!r} is used twice; names must be unique"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    sources = ["all", *(entry.get("name") for entry in _entries(raw))]
    for goal in goals:
        if goal.source not in sources:
            problems.append(f"goals.{goal.name}.source: {goal.source!r} is not in [[sources]], nor is it 'all'")
        if goal.to_date < goal.from_date:
            problems.append(
                f"goals.{goal.name}.to: expected a day not before `from`, which is {goal.from_date}"
                f" (found {goal.to_date})"
            )
    return problems


def _entries(raw: dict[str, Any], section: str = "sources") -> list[dict[str, Any]]:
    entries = raw.get(section)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


_S = TypeVar("_S", bound=Section)


def _valid(section: type[_S], given: Any) -> _S | None:
    try:
        return section.model_validate(given)
    except ValidationError:
        return None
