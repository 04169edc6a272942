"""`python -m autoglm` is `autoglm`."""

import sys

from autoglm.cli import main

sys.exit(main())
