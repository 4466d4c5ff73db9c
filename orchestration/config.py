"""`stillhere.toml`: reading it, and saying clearly what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from orchestration.errors import ConfigError
from orchestration.weeks import Calendar

CONFIG_NAME = "stillhere.toml"


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}: expected an IANA name such as 'Europe/Berlin' or 'Asia/Shanghai'")
    return name


def _source_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"{name!r}: expected a lower-case letter, then letters, digits or underscores")
    if name == "all":
        raise ValueError("'all' is the name of the whole community's rows: choose another")
    return name


def _account(reference: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*:.+", reference):
        raise ValueError(f"{reference!r}: expected '<source>:<native id>', such as 'slack:U0123'")
    return reference


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError:
        raise ValueError(f"{text!r}: expected five cron fields, such as '0 6 * * 1' (Mondays at 06:00)") from None
    return text


Timezone = Annotated[str, AfterValidator(_known_zone)]
SourceName = Annotated[str, AfterValidator(_source_name)]
Account = Annotated[str, AfterValidator(_account)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CommunitySection(_Section):
    """[community]: who this is about, and its weeks."""

    name: str = Field(min_length=1)
    timezone: Timezone = "UTC"
    week_start_day: Literal["monday", "sunday"] = "monday"
    identities: str | None = None
    official: tuple[Account, ...] = ()
    bots: tuple[Account, ...] = ()


class Thresholds(_Section):
    """[thresholds]: every number in the definitions of the figures that a community may change."""

    churned_after_weeks: int = Field(12, ge=2, le=520)
    at_risk_after_weeks: int = Field(4, ge=1, le=519)
    newbie_days: int = Field(30, ge=1)
    growth_days: int = Field(90, ge=2)
    source_regular_weeks: int = Field(12, ge=4)
    source_regular_rows: int = Field(8, ge=1)


class Schedule(_Section):
    """[schedule]: when the weekly run starts, in the community's time zone."""

    cron: Annotated[str, AfterValidator(_cron)] = "0 6 * * 1"


class Publish(_Section):
    """[publish]: what the published tables show and keep."""

    member_names: Literal["pseudonym", "name"] = "pseudonym"
    member_weeks_kept: int = Field(26, ge=1)


class Source(BaseModel):
    """One [[sources]] entry. Keys beyond these belong to the format, which checks them itself (`options`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: SourceName
    format: str
    path: str = Field(min_length=1)
    ended_on: date | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The keys that belong to the source's format, as written."""
        return dict(self.__pydantic_extra__ or {})


class Config(_Section):
    """A whole, valid `stillhere.toml`.

    Attributes:
        file: where it was read from; relative paths in it are relative to that file's folder.
    """

    file: Path
    community: CommunitySection
    sources: tuple[Source, ...] = Field(min_length=1)
    thresholds: Thresholds = Thresholds()
    schedule: Schedule = Schedule()
    publish: Publish = Publish()

    @property
    def calendar(self) -> Calendar:
        """The community's weeks."""
        return Calendar(self.community.timezone, self.community.week_start_day)

    def resolve(self, path: str) -> str:
        """A path of the config as an absolute path; URLs stay as they are."""
        return path if "://" in path else str((self.file.parent / path).absolute())


def load(file: Path) -> Config:
    """Reads and checks a config file.

    Raises:
        ConfigError: the file is missing, is no TOML, or a key is unknown, missing or has a value that does not fit;
            all such keys are listed at once.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file. `stillhere init` writes one; `--config` names another.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as UTF-8 text ({error}).") from None
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}.") from None
    if "file" in raw:
        raise ConfigError(f"{file}: file: unknown key.")
    try:
        config = Config(file=file.absolute(), **raw)
    except ValidationError as error:
        lines = [f"{file}: {_where(item['loc'], raw)}: {_what(item)}" for item in error.errors()]
        raise ConfigError("\n".join(lines)) from None
    _check_whole(config)
    return config


def _check_whole(config: Config) -> None:
    from orchestration import formats

    names = [source.name for source in config.sources]
    problems = [f"sources: the name {name!r} is used twice; names must be unique" for name in sorted(set(names)) if names.count(name) > 1]
    for source in config.sources:
        where = f"sources.{source.name}"
        if source.format not in formats.names():
            problems.append(f"{where}.format: unknown format {source.format!r}; expected one of {', '.join(formats.names())}")
            continue
        try:
            formats.get(source.format).options(source.options)
        except ValidationError as error:
            problems += [f"{where}.{_where(item['loc'], source.options)}: {_what(item)}" for item in error.errors()]
    for key, accounts in (("official", config.community.official), ("bots", config.community.bots)):
        problems += [
            f"community.{key}: {account!r} names the source {account.split(':')[0]!r}, which is not in [[sources]]"
            for account in accounts
            if account.split(":")[0] not in names
        ]
    if config.thresholds.at_risk_after_weeks >= config.thresholds.churned_after_weeks:
        problems.append("thresholds.at_risk_after_weeks: expected less than churned_after_weeks")
    if config.thresholds.newbie_days >= config.thresholds.growth_days:
        problems.append("thresholds.newbie_days: expected less than growth_days")
    if config.community.identities and not Path(config.resolve(config.community.identities)).is_file():
        problems.append(f"community.identities: no such file: {config.resolve(config.community.identities)}")
    if problems:
        raise ConfigError("\n".join(f"{config.file}: {problem}" for problem in problems))


def _where(location: tuple[int | str, ...], raw: dict[str, Any]) -> str:
    """A key's path as the user wrote it; list entries of [[sources]] by their name where they have one."""
    parts: list[str] = []
    value: Any = raw
    for part in location:
        value = value[part] if isinstance(value, dict) and part in value else value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None
        parts.append(str(value.get("name", part)) if isinstance(part, int) and isinstance(value, dict) else str(part))
    return ".".join(parts)


def _what(item: Any) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "this key is required"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (found {item['input']!r})"
