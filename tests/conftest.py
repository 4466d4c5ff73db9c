"""What the end-to-end tests share: the sample community, published once for all workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.home import Home
from orchestration.sample_community import write
from tests.communities import SHARED_DATA, Place


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
def shared_data() -> Path:
    """The folder of real exports; skips where it is missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real exports: {SHARED_DATA} is missing")
    return SHARED_DATA
