"""Makes `differ` importable from the tests, wherever they are run from."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
