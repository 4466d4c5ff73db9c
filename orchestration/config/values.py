"""The values that a key of the config may have, and what is wrong with one that does not fit."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Strict


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


def _day(given: Any) -> Any:
    # pydantic takes a number, also one in quotes, for seconds since 1970.
    if not isinstance(given, date) and not (isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given)):
        raise ValueError(f"{repr(given)[:80]}: expected a day, such as 2026-05-11")
    return given


def _target(given: Any) -> Any:
    # Above that, a number has no place for units any more.
    is_number = isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e15
    is_change = isinstance(given, str) and re.fullmatch(r"[+-]\d{1,6}(\.\d{1,6})?%", given)
    if not is_number and not is_change:
        raise ValueError(f'{repr(given)[:80]}: expected a number below 1e15, or a change such as "+10%" or "-5%"')
    return given


Timezone = Annotated[str, AfterValidator(_known_zone)]
SourceName = Annotated[str, AfterValidator(_source_name)]
Account = Annotated[str, AfterValidator(_account)]
Owner = Annotated[str, AfterValidator(_owner)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
EnvReference = Annotated[str, AfterValidator(_env_reference)]
Cron = Annotated[str, AfterValidator(_cron)]
Figure = Annotated[str, AfterValidator(_figure)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Target = Annotated[float | str, BeforeValidator(_target)]
