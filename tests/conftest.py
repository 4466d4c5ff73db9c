"""What the end-to-end tests share: the sample community, published once for all workers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from orchestration.home import Home
from orchestration.sample_community import write
from tests.communities import SHARED_DATA, Place
from tests.exports_in import erasable
from tests.forgetting import forget

# The files that take the longest, the longest first, so that at the end no worker is left alone with one of them. The
# first of them do without the sample community, which else all workers would wait for.
LONGEST_FIRST = (
    "test_figures_forums",
    "test_ui",
    "test_figures_dumps",
    "test_figures",
    "test_forget",
    "test_forget_killed",
    "test_random_communities",
    "test_reruns",
    "test_mutated_figures",
    "test_dbt_project",
    "test_metamorphic",
    "test_faults",
    "test_golden_cdnow",
    "test_page",
    "test_gate",
    "test_delivery",
    "test_docs",
    "test_lists",
    "test_churn_flags",
    "test_learned",
    "test_arrivals",
)


def pytest_configure(config: pytest.Config) -> None:
    """Workers get the files in the order of the collection, not those of the most tests first."""
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of long files first; the others stay as they are."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of a test run share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def sample_exports(shared_folder: Path) -> Path:
    """The sample community's config, its exports beside it."""
    folder = shared_folder / "sample"
    with FileLock(shared_folder / "sample_exports.lock"):
        return folder / "stillhere.toml" if folder.exists() else write(folder)


@pytest.fixture(scope="session")
def sample(sample_exports: Path, shared_folder: Path) -> Place:
    """The sample community with every closed week published. Only look at it; break a `copy`."""
    place = Place(sample_exports, Home(sample_exports.parent / ".stillhere"))
    with FileLock(shared_folder / "sample.lock"):
        if not place.home.published.exists():
            done = place.run()
            assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture
def published(sample, tmp_path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the sample's published file that a test may change."""
    shutil.copy(sample.home.published, tmp_path / "copy.duckdb")
    with duckdb.connect(str(tmp_path / "copy.duckdb")) as connection:
        yield connection


@pytest.fixture(scope="session")
def with_wil(shared_folder: Path) -> Place:
    """A community of many formats with all weeks published, and with Wil in it. Only look at it; break a `copy`."""
    folder = shared_folder / "with_wil"
    place = Place(folder / "stillhere.toml", Home(folder / ".stillhere"))
    with FileLock(shared_folder / "with_wil.lock"):
        if not place.home.published.exists():
            erasable.write(folder)
            done = place.run()
            assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="session")
def without_wil(with_wil: Place, shared_folder: Path) -> Place:
    """The same after Wil was erased, by the id of one account. Only look at it; break a `copy`.

    What `forget` said is in `said.txt` beside the config.
    """
    folder = shared_folder / "without_wil"
    with FileLock(shared_folder / "without_wil.lock"):
        if not (folder / "said.txt").exists():
            place = with_wil.copy(folder)
            erasable.leave_traces(place.home)
            done = forget(place, f"slack:{erasable.SLACK_ID}")
            assert done.returncode == 0, done.stdout + done.stderr
            (folder / "said.txt").write_text(done.stderr, encoding="utf-8")
    return Place(folder / "stillhere.toml", Home(folder / ".stillhere"))


@pytest.fixture
def shared_data() -> Path:
    """The folder of real exports; skips where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real exports: {SHARED_DATA} is missing")
    return SHARED_DATA
