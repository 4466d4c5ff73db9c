"""The sections of `stillhere.toml`, and their keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.config.values import (
    Account,
    Cron,
    Day,
    EnvReference,
    Figure,
    MailAddress,
    Number,
    Owner,
    SourceName,
    Target,
    Timezone,
    Whole,
)
from orchestration.exports import storage
from orchestration.weeks import Calendar

# More than any community has, and little enough to compute with.
MOST, MOST_DAYS = 1_000_000_000, 36_500


class Section(BaseModel):
    """A section of the config: a key that it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CommunitySection(Section):
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


class Thresholds(Section):
    """[thresholds]: every number in the definitions of the figures that a community may change."""

    churned_after_weeks: Whole = Field(12, ge=2, le=520)
    at_risk_after_weeks: Whole = Field(4, ge=1, le=519)
    rhythm_min_gaps: Whole = Field(3, ge=1, le=520)
    rhythm_factor: Number = Field(2.0, ge=0.1, le=1000, allow_inf_nan=False)
    fit_min_members: Whole = Field(100, ge=1, le=MOST)
    probability_below: Number = Field(0.10, ge=0, le=1, allow_inf_nan=False)
    newbie_days: Whole = Field(30, ge=1, le=MOST_DAYS)
    growth_days: Whole = Field(90, ge=2, le=MOST_DAYS)
    source_regular_weeks: Whole = Field(12, ge=4, le=520)
    source_regular_rows: Whole = Field(8, ge=1, le=MOST)
    headline_change_percent: Whole = Field(5, ge=1, le=1000)
    headline_min_weeks: Whole = Field(8, ge=1, le=52)
    segment_values_kept: Whole = Field(200, ge=1, le=MOST)
    winback_churned_weeks: Whole = Field(26, ge=1, le=520)
    still_reads_weeks: Whole = Field(4, ge=1, le=520)
    reactivated_within_weeks: Whole = Field(4, ge=1, le=52)
    lift_min_members: Whole = Field(100, ge=1, le=MOST)
    removal_silence_weeks: Whole = Field(26, ge=1, le=520)
    removal_tenure_days: Whole = Field(180, ge=1, le=MOST_DAYS)
    removal_purchase_days: Whole = Field(365, ge=1, le=MOST_DAYS)


class Winback(Section):
    """[winback]: whom the win-back list holds out, so that its effect can be told.

    Attributes:
        holdout_share: the share of members who are listed but not to be contacted.
        holdout_weeks: as many weeks lie between two silences of a member before it is drawn anew who is held out.
        holdout_salt: what is hashed along with a member; another one draws anew. None: the community's name.
    """

    holdout_share: Number = Field(0.1, ge=0, le=0.5)
    holdout_weeks: Whole = Field(12, ge=1, le=520)
    holdout_salt: str | None = None


class Schedule(Section):
    """[schedule]: when the weekly run starts, in the community's time zone."""

    cron: Cron = "0 6 * * 1"


class Publish(Section):
    """[publish]: what the published tables show and keep, and the address under which a web server shows the pages."""

    member_names: Literal["pseudonym", "name"] = "pseudonym"
    member_weeks_kept: Whole = Field(26, ge=1, le=5200)
    pages_url: str | None = Field(None, pattern=r"^https?://[^\s]+$")


class Mail(Section):
    """[mail]: the e-mail of each published week.

    Attributes:
        security: "starttls" (port 587 as a rule), "tls" (465), or "none", for a server on this machine only.
        password: `env:NAME`, the environment variable that holds it.
    """

    host: str = Field(min_length=1)
    port: Whole = Field(587, ge=1, le=65535)
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


class Webhook(Section):
    """[webhook]: where each published or withheld week is told, in Slack's format; its URL is a secret."""

    url: EnvReference


class Goal(Section):
    """One [[goals]] entry: a weekly figure that is to be somewhere by a day.

    Attributes:
        metric: `<report>.<column>`, one of `figures()`.
        target: a number, or a change of the figure that the goal starts with, such as "+10%".
    """

    name: str = Field(min_length=1)
    metric: Figure
    source: str = "all"
    from_date: Day = Field(alias="from", ge=date(1990, 1, 1))
    to_date: Day = Field(alias="to", lt=date(9000, 1, 1))
    target: Target

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
    ended_on: Day | None = None
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


class Config(Section):
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
