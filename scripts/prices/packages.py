"""The public price packages that the bundled list is made from, at pinned versions, in an environment of their own.

Only the standard library is needed to start a script: it installs the packages below the cache folder and runs itself
again there. litellm is installed without its dependencies because only its catalogue file is read.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

PINS = {"genai-prices": "0.2.3", "model-prices": "0.0.5"}
CATALOGUE_PINS = {"litellm": "1.110.2"}


def cache() -> Path:
    """Where installed packages are kept between runs."""
    return Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")


def enter(name: str = "prices", pins: dict = PINS, bare_pins: dict = CATALOGUE_PINS) -> None:
    """Continues in the environment `name`, made on first use. `bare_pins` come without their dependencies."""
    wanted = [f"{package}=={version}" for package, version in pins.items()]
    bare = [f"{package}=={version}" for package, version in bare_pins.items()]
    home = cache() / name
    python = home / "bin" / "python"
    stamp = home / "installed.txt"
    content = "\n".join(sorted(wanted) + sorted(bare))
    if not stamp.exists() or stamp.read_text() != content:
        print(f"installing {', '.join(wanted + bare)}", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *wanted], check=True)
        if bare:
            subprocess.run([*pip, "--no-deps", *bare], check=True)
        stamp.write_text(content)
    if Path(sys.prefix).resolve() != home.resolve():
        os.execv(python, [str(python), *sys.argv])
