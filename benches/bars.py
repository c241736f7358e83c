"""Figures beside the bars they must keep to, and the weather they were taken in."""

import os
import time
from pathlib import Path

BLOCK = bytes(4096)
PROBE_BYTES = 1 << 20


class Bars:
    """Prints each figure as it comes and remembers the missed ones."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.missed: list[str] = []

    def at_most(self, what: str, figure: float, bar: float, unit: str) -> None:
        self._judge(what, figure, f"at most {bar:,g}", unit, figure <= bar)

    def at_least(self, what: str, figure: float, bar: float, unit: str) -> None:
        self._judge(what, figure, f"at least {bar:,g}", unit, figure >= bar)

    def tell(self, what: str, figure: str) -> None:
        print(f"  {what}: {figure}", flush=True)

    def weather(self, what: str) -> None:
        """A heading, with what absolute times have to be read beside."""
        load = os.getloadavg()[0]
        print(f"{what} (load {load:.1f}, raw sync {self.raw_sync() * 1e3:.1f} ms)", flush=True)

    def raw_sync(self) -> float:
        """Seconds of one `fdatasync` of 4 KiB in a file of zeros: the middle one of many."""
        path = self.folder / "probe"
        with open(path, "wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        times = []
        with open(path, "r+b", buffering=0) as file:
            for number in range(25):
                file.seek(number * len(BLOCK))
                file.write(BLOCK)
                began = time.monotonic()
                os.fdatasync(file.fileno())
                times.append(time.monotonic() - began)
        path.unlink()
        return sorted(times)[len(times) // 2]

    def verdict(self) -> int:
        """Exit status; says what was missed."""
        for what in self.missed:
            print(f"MISSED: {what}")
        return 1 if self.missed else 0

    def _judge(self, what: str, figure: float, bar: str, unit: str, kept: bool) -> None:
        line = f"{what}: {figure:,.2f} {unit} (bar: {bar})"
        print(f"  {line}{'' if kept else '  MISSED'}", flush=True)
        if not kept:
            self.missed.append(line)
