"""Installs the packages that carry tokenizers, outside the source tree, once per set of pins, and says where they are.

The way is that of `tests/clients/install.py`, whose cache and lock this shares. Packages are data and engines here: no
script of theirs runs at install, and nothing is fetched when they are used.
"""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PINS = HERE / "pins"
sys.path.append(str(HERE.parent / "clients"))

import install as clients  # noqa: E402  (found beside the client tests)


@dataclass(frozen=True)
class Packages:
    """Where everything is."""

    python: Path  # interpreter with the engines
    modules: Path  # node_modules with the vocabularies


def install() -> Packages:
    """Installs what is missing."""
    if sys.version_info < (3, 11):
        raise SystemExit("these tests need Python 3.11 or later")
    shutil.which("npm") or sys.exit("these tests need Node.js 20 or later on the PATH")
    cache = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")
    cache.mkdir(parents=True, exist_ok=True)
    with clients.alone_in(cache):
        engines = clients.ensure(cache, "bounds_python", pins("requirements.txt", "requirements-bare.txt", "constraints.txt"), python)
        modules = clients.ensure(cache, "bounds_node", pins("package.json", "package-lock.json"), node)
    return Packages(engines / "bin" / "python", modules / "node_modules")


def enter() -> Path:
    """Goes on in the interpreter with the engines; returns the folder of the vocabularies."""
    packages = install()
    if Path(sys.prefix).resolve() != packages.python.parents[1].resolve():
        os.execv(packages.python, [str(packages.python), *sys.argv])
    return packages.modules


def pins(*names: str) -> list[str]:
    return [str(PINS / name) for name in names]


def python(folder: Path) -> None:
    clients.virtual_environment(folder, "-r", PINS / "requirements.txt", "-c", PINS / "constraints.txt")
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    clients.quietly(*pip, "--no-deps", "--ignore-requires-python", "-r", PINS / "requirements-bare.txt")


def node(folder: Path) -> None:
    for pin in ("package.json", "package-lock.json"):
        shutil.copy(PINS / pin, folder)
    clients.quietly("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)


if __name__ == "__main__":
    print(install())
