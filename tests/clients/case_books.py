"""After everything else: the stand-in's journal, the taps and the ledger tell one story."""

import json
from collections import Counter

from processes import fetch
from rig import Rig, check


def journal_agrees(rig: Rig) -> str:
    """Each request in the main stand-in's own journal is one that a tap saw pass, and the other way round."""
    journal = json.loads(fetch(f"{rig.llmock.url}/_llmock/requests"))["requests"]
    own = Counter((entry["path"].rsplit("/", 1)[-1], entry["status"]) for entry in journal)
    seen = Counter(
        (exchange.path.split("?")[0].rsplit("/", 1)[-1], exchange.status)
        for tap in rig.behind.values()
        for exchange in tap.exchanges
        if exchange.answered_by.startswith(rig.llmock.url)
    )
    check(own == seen, f"the journal has {own}, the taps {seen}")
    return f"{own.total()} requests"


def ledger_verifies(rig: Rig) -> str:
    rig.purser.verify()
    return ""


CASES = {"the stand-in's journal agrees": journal_agrees, "the ledger verifies": ledger_verifies}
