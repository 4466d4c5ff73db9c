"""`python docs/write_lineage.py`: writes dbt_project/lineage.json, which columns each column is computed from.

Read from the models' SQL as dbt compiles it for all formats. To be run after changing a model; a test holds the file to
the models.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from orchestration import lineage, warehouse  # noqa: E402
from orchestration.home import Home  # noqa: E402


def compiled(folder: Path) -> dict:
    """dbt's manifest with the SQL of all models."""
    home = Home(folder / "home").create()
    os.environ.pop("STILLHERE_FORMATS", None)
    subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")), "compile", "--quiet", "--no-introspect",
            "--project-dir", str(warehouse.PROJECT), "--profiles-dir", str(warehouse.PROJECT),
            "--target-path", str(folder / "target"), "--log-path", str(folder),
        ],
        env=warehouse.dbt_environment(home), check=True,
    )  # fmt: skip
    return json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        found = lineage.of_project(compiled(Path(scratch)))
    lineage.FILE.write_text(lineage.written(found), encoding="utf-8")
    print(f"{lineage.FILE}: {len(found)} models.")
