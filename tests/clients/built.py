"""Programs of this checkout that tests drive, beside the product."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def example(name: str) -> Path:
    """An example of ours in release mode, built where something changed."""
    subprocess.run([ROOT / "scripts" / "release"], check=True)
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release" / "examples" / name
