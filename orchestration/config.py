"""`stillhere.toml`: reading it, and saying clearly what is wrong with it."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from orchestration.errors import ConfigError
from orchestration.exports import storage
from orchestration.weeks import Calendar

CONFIG_NAME = "stillhere.toml"


@cache
def _zones() -> set[str]:
    # "localtime" is whatever the machine's is, and no name of a zone.
    return available_timezones() - {"localtime"}


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(
            f"unknown time zone {name!r}: expected an IANA name such as 'Europe/Berlin' or 'Asia/Shanghai'"
        )
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


def _mail_address(text: str) -> str:
    from email.utils import parseaddr

    address = parseaddr(text)[1]
    if not re.fullmatch(r"[^@\s<>,;:\"]+@[^@\s<>,;:\"]+", address) or "\n" in text or "\r" in text:
        raise ValueError(f"{text!r}: expected an address, such as 'ana@example.org' or 'Ana <ana@example.org>'")
    return text


def _env_reference(text: str) -> str:
    # Not shown: whoever wrote a password here should not find it in a log as well.
    if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        raise ValueError("expected 'env:NAME': secrets stand in the environment variable NAME, never in the config")
    return text


def _owner(name: str) -> str:
    if not re.fullmatch(r"team:[A-Za-z0-9_.-]+|[^@\s]+@[^@\s]+\.[^@\s]+", name):
        raise ValueError(f"{name!r}: expected an e-mail address, or 'team:' and a name, such as 'team:community'")
    return name


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    problem = f"{text!r}: expected five cron fields, such as '0 6 * * 1' (Mondays at 06:00)"
    # CronSim takes seconds as a sixth field, and "LW" and "5L" for days; Dagster, which keeps the schedule, does not.
    if len(text.split()) != 5 or re.search(r"LW|\dL", text, re.IGNORECASE):
        raise ValueError(problem)
    try:
        CronSim(text, datetime.now(UTC))
    except CronSimError:
        raise ValueError(problem) from None
    return text


@cache
def figures() -> dict[str, list[str]]:
    """The weekly figures that a goal may name, by report: those that dbt's project lists (`vars.figures`)."""
    import yaml

    from orchestration.warehouse import PROJECT

    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["figures"]


def _figure(metric: str) -> str:
    report, _, column = metric.partition(".")
    if report not in figures():
        raise ValueError(f"{metric!r}: expected '<report>.<column>', with one of the reports {', '.join(figures())}")
    if column not in figures()[report]:
        raise ValueError(f"{metric!r}: {report} has no such figure; expected one of {', '.join(figures()[report])}")
    return metric


def _target(given: Any) -> Any:
    is_number = isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given)
    is_change = isinstance(given, str) and re.fullmatch(r"[+-]\d{1,6}(\.\d{1,6})?%", given)
    if not is_number and not is_change:
        raise ValueError(f'{given!r}: expected a number, or a change such as "+10%" or "-5%"')
    return given


Timezone = Annotated[str, AfterValidator(_known_zone)]
SourceName = Annotated[str, AfterValidator(_source_name)]
Account = Annotated[str, AfterValidator(_account)]
Owner = Annotated[str, AfterValidator(_owner)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
EnvReference = Annotated[str, AfterValidator(_env_reference)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CommunitySection(_Section):
    """[community]: who this is about, and its weeks."""

    name: str = Field(min_length=1)
    timezone: Timezone = "UTC"
    week_start_day: Literal["monday", "sunday"] = "monday"
    language: Literal["en", "zh_CN", "id"] = "en"
    identities: str | None = None
    official: tuple[Account, ...] = ()
    bots: tuple[Account, ...] = ()
    do_not_contact: tuple[Account, ...] = ()
    do_not_contact_file: str | None = None
    owners: tuple[Owner, ...] = ("team:community",)


class Thresholds(_Section):
    """[thresholds]: every number in the definitions of the figures that a community may change."""

    churned_after_weeks: int = Field(12, ge=2, le=520)
    at_risk_after_weeks: int = Field(4, ge=1, le=519)
    rhythm_min_gaps: int = Field(3, ge=1, le=520)
    rhythm_factor: float = Field(2.0, ge=0.1, le=1000, allow_inf_nan=False)
    fit_min_members: int = Field(100, ge=1)
    probability_below: float = Field(0.10, ge=0, le=1, allow_inf_nan=False)
    newbie_days: int = Field(30, ge=1)
    growth_days: int = Field(90, ge=2)
    source_regular_weeks: int = Field(12, ge=4)
    source_regular_rows: int = Field(8, ge=1)
    headline_change_percent: int = Field(5, ge=1, le=1000)
    headline_min_weeks: int = Field(8, ge=1, le=52)
    segment_values_kept: int = Field(200, ge=1)
    winback_churned_weeks: int = Field(26, ge=1)
    still_reads_weeks: int = Field(4, ge=1, le=520)
    reactivated_within_weeks: int = Field(4, ge=1, le=52)
    lift_min_members: int = Field(100, ge=1)
    removal_silence_weeks: int = Field(26, ge=1)
    removal_tenure_days: int = Field(180, ge=1)
    removal_purchase_days: int = Field(365, ge=1)


class Winback(_Section):
    """[winback]: whom the win-back list holds out, so that its effect can be told.

    Attributes:
        holdout_share: the share of members who are listed but not to be contacted.
        holdout_weeks: silences that begin within as many weeks share a draw.
        holdout_salt: what is hashed along with a member; another one draws anew. None: the community's name.
    """

    holdout_share: float = Field(0.1, ge=0, le=0.5)
    holdout_weeks: int = Field(12, ge=1, le=520)
    holdout_salt: str | None = None


class Schedule(_Section):
    """[schedule]: when the weekly run starts, in the community's time zone."""

    cron: Annotated[str, AfterValidator(_cron)] = "0 6 * * 1"


class Publish(_Section):
    """[publish]: what the published tables show and keep, and the address under which a web server shows the pages."""

    member_names: Literal["pseudonym", "name"] = "pseudonym"
    member_weeks_kept: int = Field(26, ge=1)
    pages_url: str | None = Field(None, pattern=r"^https?://[^\s]+$")


class Mail(_Section):
    """[mail]: the e-mail of each published week.

    Attributes:
        security: "starttls" (port 587 as a rule), "tls" (465), or "none", for a server on this machine only.
        password: `env:NAME`, the environment variable that holds it.
    """

    host: str = Field(min_length=1)
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: MailAddress = Field(alias="from")
    to: tuple[MailAddress, ...] = Field(min_length=1)
    user: str | None = None
    password: EnvReference | None = None

    @model_validator(mode="after")
    def _login_is_whole_and_safe(self) -> Mail:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together: expected both or neither")
        if self.password and self.security == "none" and self.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a password is not sent unencrypted: expected security = 'starttls' or 'tls'")
        return self


class Webhook(_Section):
    """[webhook]: where each published or withheld week is told, in Slack's format; its URL is a secret."""

    url: EnvReference


class Goal(_Section):
    """One [[goals]] entry: a weekly figure that is to be somewhere by a day.

    Attributes:
        metric: `<report>.<column>`, one of `figures()`.
        target: a number, or a change of the figure that the goal starts with, such as "+10%".
    """

    name: str = Field(min_length=1)
    metric: Annotated[str, AfterValidator(_figure)]
    source: str = "all"
    from_date: date = Field(alias="from", ge=date(1990, 1, 1))
    to_date: date = Field(alias="to", lt=date(9000, 1, 1))
    target: Annotated[float | str, BeforeValidator(_target)]

    @property
    def target_change_percent(self) -> float | None:
        """The change in percent that the target is; None where it is a number."""
        return float(self.target.removesuffix("%")) if isinstance(self.target, str) else None


class Source(BaseModel):
    """One [[sources]] entry. Keys beyond these belong to the format, which checks them itself (`options`)."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: SourceName
    format: str
    path: str = Field(min_length=1)
    ended_on: date | None = None
    audience_of: SourceName | None = None
    storage: dict[str, Any] = {}

    @model_validator(mode="after")
    def _reachable(self) -> Source:
        if problem := storage.problem_of(self.path, self.storage):
            raise ValueError(problem)
        return self

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
    winback: Winback = Winback()
    mail: Mail | None = None
    webhook: Webhook | None = None
    goals: tuple[Goal, ...] = ()

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
        found = [(_where(item["loc"], given), _what(item, model)) for item in items]
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
        for name in dict.fromkeys(names)
        if isinstance(name, str) and names.count(name) > 1
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
        if given and not (path := file.absolute().parent / given).is_file():
            problems.append(f"community.{key}: no such file: {path}")
    return problems


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


_S = TypeVar("_S", bound=_Section)


def _valid(section: type[_S], given: Any) -> _S | None:
    try:
        return section.model_validate(given)
    except ValidationError:
        return None


def _where(location: tuple[int | str, ...], raw: Any) -> str:
    """A key's path as the user wrote it; list entries of [[sources]] by their name where they have one."""
    parts: list[str] = []
    value = raw
    for part in location:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
        else:  # pydantic's name for one of the types that a value may have
            break
        named = isinstance(part, int) and isinstance(value, dict)
        parts.append(str(value.get("name", part)) if named else str(part))
    return ".".join(parts)


def _what(item: Any, model: type[BaseModel]) -> str:
    kind, found = item["type"], repr(item["input"])
    if kind == "extra_forbidden":
        known = _keys(model, item["loc"][:-1])
        return f"unknown key; expected one of {', '.join(known)}" if known else "unknown key"
    if kind == "missing":
        return "this key is required"
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "too_short":
        return "expected at least one"
    if kind in ("model_type", "dict_type"):
        return f"expected a section with keys (found {found[:80]})"
    if kind == "tuple_type":
        return f"expected a list; a list of sections is written [[...]] (found {found[:80]})"
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (found {found[:80]})"


def _keys(model: Any, location: Sequence[int | str]) -> list[str]:
    """The keys of the section at a location."""
    for part in location:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation if part in model.model_fields else None
            model = next((a for a in (annotation, *get_args(annotation)) if hasattr(a, "model_fields")), None)
        if model is None:
            return []
    if model is Config:
        return [name for name in Config.model_fields if name != "file"]
    # A format's own keys stand among those that every source has.
    if not location:
        return [*Source.model_fields, *model.model_fields]
    return [field.alias or name for name, field in model.model_fields.items()]
