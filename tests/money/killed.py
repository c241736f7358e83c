"""One who gives commands to a `serve` that may be killed under any of them."""

import json
import threading

import rig  # noqa: F401  (puts the clients' helpers on the path)
from processes import run
from purser import BINARY, Purser


class Commander(threading.Thread):
    """Gives one command after the other, until one is not answered any more."""

    def __init__(self, purser: Purser, label: str):
        super().__init__()
        self.purser, self.label = purser, label
        self.wrong: list[str] = []
        self.done = False

    def step(self, *arguments: str):
        """What one command prints; nothing when the answer never came."""
        given = run([BINARY, *arguments, "--json", "--data", self.purser.data], seconds=60)
        if given.code == 0:
            return json.loads(given.out)
        # Killed under the command; or a real refusal, which is the test's failure.
        if self.purser.server.process.poll() is None and not self.done:
            self.wrong.append(f"{arguments}: {given}")
        self.done = True
        return None
