"""`python -m orchestration.sample FOLDER`: writes the sample community's exports and config (what `make demo` uses)."""

import sys
from pathlib import Path

from orchestration.sample_community import write


def main() -> int:
    """Writes the sample below the folder given on the command line, and says where its config is."""
    if len(sys.argv) != 2:
        print("usage: python -m orchestration.sample FOLDER", file=sys.stderr)
        return 2
    print(write(Path(sys.argv[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
