"""`python -m s3tui`."""

import sys

from s3tui.cli.main import main

sys.exit(main())
