"""The dbt project, parsed once and run inside this process: no second start of Python, no second parse for a run.

Parsing costs some fifteen seconds, and depends on the project's files alone: what comes out is kept in the user's
cache folder, for every community of this user. Starting dbt as a process of its own costs ten more seconds a call, most
of them for finding out again what this process knows.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import standing, stopping, warehouse
from orchestration.home import Home

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ManifestNode

_PARSED = ("manifest.json", "partial_parse.msgpack")
_OF_THIS_CALL = "of_this_call"
# The tag of models that are computed for the weeks of a run.
FOLLOWS_RUN = "run_weeks"
# Versions of the project whose parsing is kept: some 10 MB each.
_KEPT = 5


@dataclass
class Build:
    """What a call of dbt came to.

    Attributes:
        built: the models' names in the order in which they were begun.
        problems: dbt's words for what failed; empty where all went well.
    """

    built: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def words(problems: Iterable[str]) -> str:
    """What dbt said of its problems, each once, as far as somebody would read."""
    return "\n".join(dict.fromkeys(filter(None, problems)))[:4000]


def manifest_file() -> Path:
    """dbt's manifest of the project; parsed anew only when the project's files changed.

    Raises:
        RuntimeError: dbt cannot parse the project (its words are in the message).
    """
    return _parsed() / "manifest.json"


def build(home: Home, selected: Iterable[str], begun: Callable[[str, int, int], None]) -> Build:
    """Builds models and seeds of the project in a home's warehouse, which nobody else may have open.

    Args:
        selected: the names of the models and seeds to build.
        begun: told each model as it begins: its name, which one it is, and of how many.
    """
    result = Build()

    def listen(event: Any) -> None:
        if event.info.name == "LogStartLine":
            result.built.append(event.data.node_info.node_name)
            begun(result.built[-1], event.data.index, event.data.total)
        elif event.info.name in ("RunResultError", "MainEncounteredError") or event.info.level == "error":
            result.problems.append(event.info.msg.strip())

    # What stood may stand no longer, and would be built in part.
    standing_models(home)
    manifest = _manifest()
    _mark(manifest, set(selected))
    done = _invoke(manifest, home.dbt, listen, "build", "--select", f"tag:{_OF_THIS_CALL}")
    if done.success:
        result.problems.clear()
    elif not result.problems:
        result.problems.append(str(done.exception or "dbt failed without an error; see the log of the run"))
    return result


def standing_models(home: Home) -> list[str]:
    """The models and seeds that are as they would be built now, in the order in which they were; see `standing`."""
    return standing.names(home, project_digest())


def note_standing(home: Home, built: Sequence[str]) -> None:
    """Notes that all models and seeds that all weeks stand on were built just now."""
    standing.remember(home, project_digest(), built)


def with_run_weeks(selected: Iterable[str], reports: Iterable[str]) -> set[str]:
    """The selected models, and what of the selected reports' inputs follows the weeks of the run.

    A report that is run again alone, for another week, would else read the scores of the weeks that were run last.
    """
    wanted = set(selected)
    inputs = with_ancestors(wanted & set(reports))
    return wanted | {node.name for node in inputs if FOLLOWS_RUN in node.tags}


def format_of(name: str) -> str | None:
    """The format that a model belongs to, by its name (`stg_<format>__...`, `int_<format>__...`); None: to all."""
    head, _, rest = name.partition("_")
    return rest.split("__")[0] if "__" in rest and head in ("stg", "int") else None


def with_ancestors(names: Iterable[str], left_out: Callable[[str], bool] = lambda name: False) -> list[ManifestNode]:
    """Models and seeds by their names, with all that they stand on.

    Args:
        left_out: told a name, whether that model, and what only it stands on, is none of them.
    """
    nodes, wanted = _manifest().nodes, set(names)
    waiting = [key for key, node in nodes.items() if node.name in wanted]
    found: dict[str, ManifestNode] = {}
    while waiting:
        if (key := waiting.pop()) in nodes and key not in found and not left_out(nodes[key].name):
            found[key] = nodes[key]
            waiting += nodes[key].depends_on_nodes
    return list(found.values())


def unreadable_cache() -> tuple[Path, str | None]:
    """Where the parsed project is kept, and why it cannot be read; None where it can, or is not there yet."""
    folder = _cache() / project_digest()
    try:
        if all((folder / name).exists() for name in _PARSED):
            json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            _read(folder)
    except Exception as error:  # each reader raises errors of its own
        return folder, f"{type(error).__name__}: {error}"[:500]
    return folder, None


def _mark(manifest: Manifest, names: set[str]) -> None:
    """Tags what is to be built: dbt looks for one tag much faster than for a hundred names."""
    for node in manifest.nodes.values():
        node.tags = [tag for tag in node.tags if tag != _OF_THIS_CALL]
        if node.name in names:
            node.tags.append(_OF_THIS_CALL)


def _invoke(manifest: Manifest, folder: Path, listen: Callable[[Any], None], *arguments: str) -> dbtRunnerResult:
    """One call of dbt in this process; the warehouse is closed when it returns."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    call = [
        # Its own artefacts and a log of every statement cost more than small communities' models do.
        "--quiet", "--no-use-colors", "--no-write-json", "--log-level-file", "info",
        "--log-path", str(folder / "logs"),
        *arguments,
        "--project-dir", str(warehouse.PROJECT), "--profiles-dir", str(warehouse.PROJECT),
        "--target-path", str(folder / "target"),
    ]  # fmt: skip
    try:
        with stopping.raised():
            done = dbtRunner(manifest=manifest, callbacks=[listen]).invoke(call)
    finally:
        # Who reads the warehouse next opens it otherwise than dbt did, which DuckDB refuses while dbt has it open.
        if (environment := DuckDBConnectionManager._ENV) is not None:
            environment.close()
            DuckDBConnectionManager.close_all_connections()
    # dbt catches even what stops the process.
    if done.exception is not None and not isinstance(done.exception, Exception):
        raise done.exception
    return done


def _manifest() -> Manifest:
    """The project as dbt holds it in memory, with models and seeds alone."""
    return _read(_parsed())


@cache
def _read(parsed: Path) -> Manifest:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(
        (parsed / "partial_parse.msgpack").read_bytes(), decoder=extended_mashumuro_decoder
    )
    # Tests are run by the test suite: without them dbt has a tenth of the nodes to go through.
    manifest.nodes = {key: node for key, node in manifest.nodes.items() if node.resource_type in ("model", "seed")}
    manifest.unit_tests = {}
    manifest.build_flat_graph()
    return manifest


def _parsed() -> Path:
    """The folder that holds the parsed project."""
    folder = _cache() / project_digest()
    if not all((folder / name).exists() for name in _PARSED):
        _parse(folder)
    return folder


def _cache() -> Path:
    """The user's cache folder, else a temporary one that this user alone can write to."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stillhere"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return _temporary_cache()


@cache
def _temporary_cache() -> Path:
    return Path(tempfile.mkdtemp(prefix="stillhere-"))


def _parse(folder: Path) -> None:
    """Parses the project beside its place and moves it there: whoever looks sees all of it or nothing."""
    import subprocess
    import sys

    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="parsing-") as temporary:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("dbt"), "--no-use-colors", "--log-level-file", "none", "parse",
                "--project-dir", warehouse.PROJECT, "--profiles-dir", warehouse.PROJECT,
                "--target-path", temporary, "--log-path", temporary,
            ],
            # No home of anybody: what is parsed here is everybody's.
            env=warehouse.dbt_environment(Home(Path(temporary))),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"dbt cannot parse {warehouse.PROJECT}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        ready = Path(temporary) / "ready"
        ready.mkdir()
        for name in _PARSED:
            shutil.move(Path(temporary) / name, ready / name)
        try:
            ready.rename(folder)
        except OSError:
            if not folder.exists():  # else another process was first, with the same
                raise
    for old in sorted(folder.parent.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def project_digest() -> str:
    """A hash that changes with any file that dbt reads, dbt itself, and the project's place, which its seeds bear."""
    digest = hashlib.sha256(
        f"{version('dbt-core')} {version('dbt-duckdb')} {version('duckdb')} {warehouse.PROJECT}".encode()
    )
    for path in sorted(warehouse.PROJECT.rglob("*")):
        if path.suffix in (".sql", ".py", ".yml", ".csv") and "target" not in path.parts:
            digest.update(str(path.relative_to(warehouse.PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()
