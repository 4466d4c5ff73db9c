"""`python docs/bi/superset_zip.py PUBLISHED_FILE ZIP`: the ready dashboard as a file that Superset imports.

The dashboard lies beside this script as Superset exports it (`superset/`); all that is yours is where your file lies.
"""

import sys
import zipfile
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).resolve().parent / "superset"
PLACEHOLDER = "/path/to/published/stillhere.duckdb"


def write(published: Path, target: Path) -> None:
    """Packs the dashboard for a published file.

    Args:
        published: where the file lies on the machine on which Superset runs.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(FOLDER.rglob("*.yaml")):
            text = file.read_text(encoding="utf-8").replace(PLACEHOLDER, quote(str(published.absolute())))
            archive.writestr(f"stillhere/{file.relative_to(FOLDER).as_posix()}", text)


def main() -> int:
    """Writes the zip that the command line asks for."""
    if len(sys.argv) != 3:
        print("usage: python docs/bi/superset_zip.py PUBLISHED_FILE ZIP", file=sys.stderr)
        return 2
    write(Path(sys.argv[1]), Path(sys.argv[2]))
    print(f"{sys.argv[2]} written. In Superset: Dashboards, Import dashboard.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
