"""`python -m freehold` is the freehold command."""

import sys

from freehold.doors.cli.main import main

sys.exit(main())
