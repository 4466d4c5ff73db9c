"""Where a Dagster process finds its config and home: the environment, as set by the command line or the user."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestration import config as configuration
from orchestration import formats, warehouse
from orchestration.erasure import erased_list, plan
from orchestration.errors import HomeError, UserError
from orchestration.exports import lake
from orchestration.home import Home, HomeLock

# The code location's name, as in workspace.yaml: recorded runs refer to it.
LOCATION = "stillhere"


@dataclass(frozen=True)
class Community:
    """A community's config and home."""

    config: configuration.Config
    home: Home

    @classmethod
    def of(cls, config_file: str | Path | None = None, home: str | Path | None = None) -> Community:
        """From arguments, else STILLHERE_CONFIG and STILLHERE_HOME, else `stillhere.toml` and `.stillhere` beside it.

        Raises:
            ConfigError: the config is missing or wrong.
        """
        file = Path(config_file or os.environ.get("STILLHERE_CONFIG") or configuration.CONFIG_NAME)
        loaded = configuration.load(file)
        folder = Path(home or os.environ.get("STILLHERE_HOME") or cls.default_home(loaded))
        return cls(loaded, Home(folder.absolute()))

    @staticmethod
    def default_home(config: configuration.Config) -> Path:
        """Where the home lies unless something else is said."""
        return config.file.parent / ".stillhere"

    def export_environment(self) -> None:
        """Tells Dagster and dbt, in this process and its children, which config and home are meant."""
        os.environ["STILLHERE_CONFIG"] = str(self.config.file)
        os.environ["STILLHERE_HOME"] = str(self.home.path)
        # The unions of the canonical streams read the models of these formats only.
        os.environ["STILLHERE_FORMATS"] = ",".join(sorted(self.model_families()))
        os.environ["DAGSTER_HOME"] = str(self.home.dagster)
        os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"

    def model_families(self) -> set[str]:
        """The formats, as dbt's models name them, that some source of the config has."""
        return {formats.get(source.format).model_family for source in self.config.sources}

    def former_sources(self) -> list[str]:
        """The sources of which the home has rows, and the config no entry any more."""
        named = {source.name for source in self.config.sources}
        return [name for name in lake.loaded_sources(self.home) if name not in named]

    def prepare(self, what: str, say) -> None:
        """Makes the home ready for a run: folders, the lock (waits for its turn), and no left-overs of killed runs.

        An erasure that was killed is completed first, so that no run reads what is half erased.

        Raises:
            UserError: the weeks published from this home begin on another day than the config's.
            HomeError: people were erased from it, and the list of them is gone: a load would bring them back.
            ErasureError: the erasure cannot be completed.
        """
        self.home.create()
        HomeLock(self.home).acquire(what, say)
        self._keep_first_day_of_week()
        lake.write_schemas(self.home, formats.raw_tables())
        lake.sweep(self.home, [source.name for source in self.config.sources])
        if plan.pending(self.home):
            from orchestration.erasure.forget import finish

            say("Completing an erasure that was begun and not completed.")
            finish(self, say)
        if not erased_list.file_of(self.home).exists() and self._has_erased():
            raise HomeError(
                f"{erased_list.file_of(self.home)}: missing, though people were erased from this home. Without it,"
                " loading would bring them back. Put it back from a backup, or begin a new home."
            )

    def _keep_first_day_of_week(self) -> None:
        """Refuses a config whose weeks are not those of the home: weeks of both kinds would count each act twice."""
        calendar = self.config.calendar
        others = [week for week in warehouse.published_weeks(self.home) if calendar.week_of(week) != week]
        if others:
            day = f"{max(others):%A}".lower()
            raise UserError(
                f"{self.config.file}: community.week_start_day: found {calendar.week_start_day!r}, but the weeks that"
                f" were published from {self.home.path} begin on {day.capitalize()}. Set it back to {day!r}, or begin"
                " a new home (--home)."
            )

    def _has_erased(self) -> bool:
        from orchestration.erasure import record

        return record.has_rows(self.home)


@contextmanager
def environment_as_it_was() -> Iterator[None]:
    """Undoes changes of the environment variables, which name a home, at the end of the block."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
