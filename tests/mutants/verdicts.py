"""What is known of each mutant, kept over runs of a part: which tests killed it, or that none did.

The tool names a mutant by a hash of its file, its function, what is replaced and by what. Verdicts of mutants that no
longer exist are dropped; those of code that did not change stay, as long as nobody asks to judge it again.
"""

import json
import re
from collections import Counter
from pathlib import Path

KILLED, HUNG, SURVIVED, EQUIVALENT, UNJUDGED = "killed", "hung", "survived", "equivalent", "not judged"
# What the tool notes while it runs: "    killed crates/core/src/money.rs:12:5: replace self.0 with 0 [fn_value.zero]".
LINE = re.compile(r"^\s*(\w+)\s+(\S+?):(\d+):(\d+): .*\[([a-z_]+\.[a-z_]+)\]")
LOGGED = {"killed": KILLED, "TIMEOUT": HUNG, "OUTOFMEM": HUNG, "SURVIVED": SURVIVED, "uncovered": SURVIVED}


def short(code: str) -> str:
    """On one line, and not all of it where it is long."""
    code = " ".join(code.split())
    return code if len(code) <= 100 else f"{code[:60]} …"


def name(mutant: dict) -> str:
    """Without line numbers, which change when something above does."""
    change = f"{short(mutant['original'])} => {short(mutant['replacement']) or 'nothing'}"
    return f"{mutant['file']}: {mutant['item_path']}: {change}"


def of_report(report: Path) -> dict[str, str]:
    """From the tool's own report of a finished run, by the mutants' ids."""
    found = {}
    for file in json.loads(report.read_text())["files"].values():
        for mutant in file["mutants"]:
            reason = mutant.get("statusReason", "")
            match mutant["status"]:
                case "Killed":
                    found[mutant["id"]] = KILLED
                # The report has no status for these that does not count one way or the other.
                case "Survived" if reason.startswith(("timed out: ", "out of memory: ")):
                    found[mutant["id"]] = HUNG
                case "Survived" | "NoCoverage":
                    found[mutant["id"]] = SURVIVED
    return found


def equivalent(file: Path) -> set[str]:
    """The names in the list of mutants that change nothing; what begins with # is why."""
    lines = (line.strip() for line in file.read_text().splitlines())
    return {line for line in lines if line and not line.startswith("#")}


def of_log(log: Path | None, population: list[dict]) -> dict[str, str]:
    """From the notes of a run that was stopped. They name a mutant by its place; of several at one place nothing is
    taken, unless they fared alike."""
    noted: dict[tuple, list[str]] = {}
    for line in log.read_text().splitlines() if log else []:
        if (match := LINE.match(line)) and match[1] in LOGGED:
            noted.setdefault((match[2], int(match[3]), int(match[4]), match[5]), []).append(LOGGED[match[1]])
    there: dict[tuple, list[str]] = {}
    for mutant in population:
        place = (mutant["file"], mutant["line"], mutant["column"], mutant["mutator"])
        there.setdefault(place, []).append(mutant["id"])
    found = {}
    for place, ids in there.items():
        fates = noted.get(place, [])
        if len(fates) == len(ids) and len(set(fates)) == 1:
            found |= {mutant: fates[0] for mutant in ids}
    return found


class Verdicts:
    """Those of one package."""

    def __init__(self, file: Path):
        self.file = file
        self.of = json.loads(file.read_text()) if file.exists() else {}

    def learn(self, found: dict[str, str]) -> None:
        self.of |= found
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.of, indent=0, sort_keys=True) + "\n")

    def judge(self, population: list[dict], unbuildable: set[str], equivalent: set[str]) -> dict[str, list[dict]]:
        """Every mutant that compiles, by verdict. An equivalent one that is killed counts as killed: the list is wrong."""
        judged: dict[str, list[dict]] = {verdict: [] for verdict in (KILLED, HUNG, SURVIVED, EQUIVALENT, UNJUDGED)}
        for mutant in population:
            if mutant["id"] in unbuildable or mutant["outcome"] == "Ignored":
                continue
            verdict = self.of.get(mutant["id"], UNJUDGED)
            if verdict == SURVIVED and name(mutant) in equivalent:
                verdict = EQUIVALENT
            judged[verdict].append(mutant)
        return judged


def score(judged: dict[str, list[dict]]) -> float:
    """Percent of the mutants judged that tests noticed. One that makes them hang is noticed: the test step ends by its
    own bound and fails. Those that change nothing anybody could notice do not count."""
    noticed = len(judged[KILLED]) + len(judged[HUNG])
    of = noticed + len(judged[SURVIVED])
    return 100.0 * noticed / of if of else 100.0


def table(judged: dict[str, list[dict]]) -> str:
    counts = ", ".join(f"{len(mutants)} {verdict}" for verdict, mutants in judged.items())
    return f"{score(judged):.1f} % noticed ({counts})"


def by_file(judged: dict[str, list[dict]]) -> str:
    """A line for each file: what survived of what was judged."""
    files = Counter(m["file"] for verdict in (KILLED, HUNG, SURVIVED) for m in judged[verdict])
    alive = Counter(m["file"] for m in judged[SURVIVED])
    left = Counter(m["file"] for m in judged[UNJUDGED])
    lines = (f"  {alive[f]:4} of {files[f]:4} survive, {left[f]:4} not judged  {f}" for f in sorted(files | left))
    return "\n".join(lines)
