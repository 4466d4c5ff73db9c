"""`python -m orchestration` is the same as `stillhere`."""

import sys

from orchestration.cli import main

sys.exit(main())
