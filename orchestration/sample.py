"""`python -m orchestration.sample FOLDER`: writes the sample community's exports and config (what `make demo` uses)."""

import argparse
import sys
from pathlib import Path

from orchestration.sample_community import write


def main() -> int:
    """Writes the sample below the folder given on the command line, and says where its config is."""
    parser = argparse.ArgumentParser(prog="python -m orchestration.sample", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write it; made if it is not there")
    print(write(parser.parse_args().folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
