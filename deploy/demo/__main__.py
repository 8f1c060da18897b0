"""`python -m deploy.demo [FOLDER]`: the demo without the command line around it."""

import sys
from pathlib import Path

from rich.console import Console

from deploy.demo.run import run

run(Path(sys.argv[1] if len(sys.argv) > 1 else "demo-out")).show(Console())
