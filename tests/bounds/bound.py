"""Purser's own bound of a request: the `bound` example of the providers' crate, as a process that answers line by line."""

import json
import subprocess
import threading
from pathlib import Path


class Bounder:
    """Ends with this process: it reads until its input closes."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def bounds(self, requests: list[tuple[str, str, str]]) -> list[dict]:
        """One answer for each dialect, model and body, in order."""
        lines = ["\t".join(request) + "\n" for request in requests]
        # The answers come while the requests go: neither pipe may fill up.
        writer = threading.Thread(target=self.write, args=(lines,))
        writer.start()
        answers = [json.loads(self.process.stdout.readline()) for _ in lines]
        writer.join()
        return answers

    def write(self, lines: list[str]) -> None:
        self.process.stdin.writelines(lines)
        self.process.stdin.flush()
