"""Gets the programs that are measured: builds ours in release mode, installs nginx from the distribution."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Tools:
    """Paths of programs; those that are left out of a run are empty."""

    standin: Path
    driver: Path
    purser: Path | None
    nginx: Path | None


def tools(without: list[str]) -> Tools:
    built = cargo_target() / "release"
    cargo("-p", "purser-standin", "--examples")
    ours = None if "purser" in without else purser()
    nginx = None if "nginx" in without else find_nginx()
    return Tools(built / "examples" / "standin", built / "examples" / "drive", ours, nginx)


def purser() -> Path:
    """The release binary: built, unless it is named."""
    if given := os.environ.get("PURSER_BIN"):
        return Path(given).absolute()
    cargo("-p", "purser")
    return cargo_target() / "release" / "purser"


def cargo(*what: str) -> None:
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", *what], cwd=REPOSITORY, check=True)


def cargo_target() -> Path:
    return REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target")


def find_nginx() -> Path:
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    if not shutil.which("nginx", path=places):
        install_nginx()
    found = shutil.which("nginx", path=places)
    if not found:
        sys.exit("nginx is not here and could not be installed; --without nginx leaves it out")
    return Path(found)


def install_nginx() -> None:
    """A failure is not the end: `find_nginx` says what to do."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update"], check=False, **quiet)
    subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", "nginx-light"], check=False, **quiet)
