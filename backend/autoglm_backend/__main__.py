"""`python -m autoglm_backend`: the command, for a parent that has only an interpreter."""

import sys

from autoglm_backend.cli import main

sys.exit(main())
