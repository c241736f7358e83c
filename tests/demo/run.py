#!/usr/bin/env python3
"""The demonstration as somebody sees it who has just built it: one summary without a terminal, a live view in one.

Needs the release binary (or another, named in PURSER_BIN); the live view is looked at through tmux where that is there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("PURSER_BIN") or REPOSITORY / "target" / "release" / "purser").absolute()
# No demonstration needs anything of its surroundings, least of all a key.
BARE = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
LONGEST = 90  # seconds, for one demonstration on a busy machine
MAKING = 300  # seconds, for fourteen months of a company on one
FIRST_OUTPUT = 2  # seconds
TMUX = shutil.which("tmux")


class Failed(Exception):
    """A check did not hold."""


def check(holds: bool, why: str) -> None:
    if not holds:
        raise Failed(why)


def demo(*options: str, **settings: str) -> subprocess.CompletedProcess:
    with tempfile.TemporaryDirectory() as temporary:
        environment = BARE | {"TMPDIR": temporary} | settings
        done = subprocess.run(
            [BINARY, "demo", *options], env=environment, cwd=temporary, capture_output=True, text=True, timeout=LONGEST
        )
        left = [path.name for path in Path(temporary).iterdir()]
    check(done.returncode == 0, f"exit code {done.returncode}: {done.stderr}{done.stdout}")
    check(not left, f"something is left behind: {left}")
    return done


STORY = (
    "TOK001 error: missing token budget",
    "refused (offer_blocked)",
    "TOK006 error: the pool that pays for the guarantee lacks",
    "Linted again: 0 errors.",
    'The candidate counters: "I only join with this."',
    "package.tokens.amount: 30.00/workday → 45.00/workday",
    "refused (self_approval)",
    "Approved by finance.",
    "in the pool are set aside",
    r"\d+ \w+ 23:50 in [^,]+, the evening before the start date: accepted|the evening before the\s+start date: accepted",
    "A call now: refused.",
    "the same call is answered",
    "nothing\\s+beyond",
    "Budget too low for this call",
    'cl. 5.1  "45.00/workday": 45.00 a workday, guaranteed (5.3)',
    "all equal",
    "A company at work",
)


def the_story() -> str:
    """An offer without tokens, to the last cent that its grant paid, in order and in 80 columns."""
    text = demo("--once", "--seconds", "1").stdout
    at = 0
    for part in STORY:
        found = re.compile(part if "|" in part or "\\s" in part else re.escape(part)).search(text, at)
        check(found is not None, f"no {part!r} after what comes before it: {text}")
        at = found.end()
    check(all(len(line) <= 80 for line in text.splitlines()), f"lines longer than 80: {text}")
    return ""


def one_summary() -> str:
    """Prints one summary that fits 80 columns, within its time."""
    began = time.monotonic()
    done = demo("--once")
    took = time.monotonic() - began
    lines = done.stdout.splitlines()
    check(all(len(line) <= 80 for line in lines), f"lines longer than 80: {done.stdout}")
    for word in ("Staff engineer, Platform", "calls ", "tokens ", "charged ", "overspend   $0.00", "equal, call by call"):
        check(word in done.stdout, f"no {word!r} in the summary: {done.stdout}")
    check(re.search(r"^verify +good: [\d,]+ records", done.stdout, re.M) is not None, done.stdout)
    check(re.search(r"stopped after [\d.]+ s at \$\d", done.stdout) is not None, f"nobody was stopped: {done.stdout}")
    check("\x1b" not in done.stdout, "colours where there is no terminal")
    return f"{took:.0f} s"


def the_same_as_json() -> str:
    """What the summary says holds together: sums, limits, and both books."""
    summary = json.loads(demo("--once", "--json", "--seconds", "3", "--seed", "7").stdout)
    people, totals, proof = summary["people"], summary["totals"], summary["proof"]
    check(summary["seed"] == 7 and len(people) >= 12, str(summary))
    check(proof["good"] and proof["verify_good"] and not proof["differences"], str(proof))
    check(proof["provider_served"] == proof["ledger_charged"] > 100, str(proof))
    check(proof["provider_billed"] == proof["ledger_posted"] == totals["charged"], str(proof))
    used = sum(nano(person["used"]) for person in people)
    story = summary["story"]
    told(story)
    used += nano(story["spent"])
    check(used == nano(totals["charged"]), f"people used {used}, {totals['charged']} was charged")
    check(all(nano(person["used"]) <= nano(person["granted"]) for person in people), str(people))
    check(nano(totals["overspent"]) == 0 and totals["lost"] == 0, str(totals))
    check(totals["usage"]["cache_read"] > 0, "nothing was read from a cache")
    agent = summary["unattended"]
    check(agent["stopped"] and nano(agent["spent"]) <= nano(agent["budget"]), str(agent))
    check("budget of this key" in agent["told"], str(agent))
    return f"{proof['ledger_charged']} calls"


def told(story: dict) -> None:
    """The story's own figures: spent to the last call that fits, and every one walked back."""
    check(story["good"] and len(story["steps"]) == 8, str(story["steps"]))
    allowance, spent, left = nano(story["allowance"]), nano(story["spent"]), nano(story["left"])
    check(allowance == 45 * 10**9 and spent + left == allowance and left >= 0, str(story))
    needed = re.search(r"needs at least \$([\d.]+)", story["told"])
    check(needed is not None and left < nano(needed.group(1)), f"it was stopped early: {story['told']}")
    trace = story["trace"]
    charge, (grant,), (offer,) = trace["charge"], trace["grants"], trace["offers"]
    check(all(item["holds"] for item in trace["checks"]) and len(trace["checks"]) >= 8, str(trace["checks"]))
    check(sum(nano(leg["paid"]) for leg in charge["legs"]) == nano(charge["total"]), str(charge))
    check(nano(grant["sums"]["spent"]) == spent and grant["periods"][0]["charges"] == story["calls"], str(grant))
    check(grant["offer"] == offer["id"] and offer["clause"]["guaranteed"] and offer["version"] == 3, str(offer))


def walked(data: Path) -> None:
    """In the kept folder the offer leads down to what was spent, and its charges lead up to it."""

    def purser(*words: str) -> object:
        done = subprocess.run([BINARY, "--json", "--data", data, *words], capture_output=True, text=True, timeout=60)
        check(done.returncode == 0, f"{words}: {done.stderr}")
        return json.loads(done.stdout)

    (offer,) = purser("offer", "list")
    down = purser("trace", offer["id"], "--charges", "1000")
    (grant,) = down["grants"]
    parts = grant["paid"]
    check(sum(nano(part["amount"]) for part in parts) == nano(grant["sums"]["spent"]) > 0, str(grant["sums"]))
    for part in (parts[0], parts[-1]):
        up = purser("trace", part["charge"])
        check([link["id"] for link in up["offers"]] == [offer["id"]], f"{part} leads to {up['offers']}")
        check(nano(up["charge"]["total"]) == nano(part["amount"]), str(up["charge"]))
        check(up["charge"]["hold"] is not None, "what was set aside is not found in the journal")
    everything = purser("trace", down["person"])
    check(everything["grants"] == purser("trace", grant["grant"]["id"])["grants"], "a person's grants are their own")


def kept() -> str:
    """A folder that is kept is a Purser like any other."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "kept"
        demo("--once", "--seconds", "1", "--keep", str(folder))
        verify = subprocess.run([BINARY, "verify", "--data", folder / "data"], capture_output=True, text=True, timeout=30)
        check(verify.returncode == 0 and verify.stdout.startswith("good"), f"{verify}")
        walked(folder / "data")
        again = subprocess.run(
            [BINARY, "demo", "--once", "--keep", folder], capture_output=True, text=True, timeout=30, env=BARE
        )
        check(again.returncode == 1 and "holds something already" in again.stderr, f"{again}")
    return ""


def purser(data: Path, *words: str, good: bool = True) -> subprocess.CompletedProcess:
    command = [BINARY, "--data", data, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=MAKING, env=BARE, cwd=data.parent)
    check((done.returncode == 0) == good, f"{words}: exit code {done.returncode}: {done.stderr}{done.stdout}")
    return done


def a_company() -> str:
    """Fourteen months behind it, everything in it that screens need, marked, and gone with one command."""
    states = "accepted approval approved countered declined draft expired sent viewed withdrawn".split()
    with tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary) / "company"
        began = time.monotonic()
        made = json.loads(purser(data, "--json", "demo", "company", "--until", "2026-11-26").stdout)
        took = time.monotonic() - began
        check(made["from"] == "2025-09-26" and 110 <= made["people"] <= 120, str(made))
        check(sorted(made["offers"]) == states and made["offers"]["accepted"] >= 10, str(made["offers"]))
        check(made["calls"] > 100_000 and made["denied"] > 500 and made["in_suspense"] == 3, str(made))

        def ask(*words: str) -> object:
            return json.loads(purser(data, "--json", *words).stdout)

        check(purser(data, "verify").stdout.startswith("good"), "the journal is not whole")
        check(len(ask("suspense", "list")) == 3, "what was under way is not in suspense")
        years = {year["year"] for pool in ask("pool", "list") for year in pool["years"]}
        check(years == {2025, 2026, 2027}, f"pools have the years {years}")
        grants = ask("grant", "list")
        check({grant["guaranteed"] for grant in grants} == {True, False}, "one kind of grant only")
        check({grant["share"] for grant in grants} >= {"60%", "80%", "100%"}, "nobody works less")
        check({grant["rollover"] is None for grant in grants} == {True, False}, "nothing lives on")
        offers = [ask("offer", "show", row["id"]) for row in ask("offer", "list")]
        currencies = {offer["versions"][0]["content"]["package"]["currency"] for offer in offers}
        check(currencies == {"USD", "EUR", "GBP"}, str(currencies))
        found = {finding["code"] for offer in offers for finding in offer["findings"]}
        check({"TOK001", "TOK004", "TOK006"} <= found, str(found))
        the_bill(data, made["billed"])
        top_ups = ask("top-up", "list", "--all")
        states = {top_up["state"] for top_up in top_ups}
        # What waited on its last day has closed by whenever this is run.
        check({"approved", "denied", "expired"} <= states, str(states))
        check({top_up["mandate"] is None for top_up in top_ups if top_up["grant"]} == {True, False}, "no mandate gave")
        check({top_up["desk"] for top_up in top_ups} >= {"manager", "finance", "admin"}, "nothing was passed on")
        (hired, *_) = [offer for offer in offers if offer["state"] == "accepted"]
        down = ask("trace", hired["id"])
        check(nano(down["grants"][0]["sums"]["spent"]) > 0 and down["offers"][0]["clause"]["guaranteed"], str(down))
        check(all(item["holds"] for item in down["checks"]), str(down["checks"]))
        lines = purser(data, "trace", hired["id"]).stdout.splitlines()
        check(all(len(line) <= 80 for line in lines), "lines longer than 80: " + "\n".join(lines))

        again = purser(data, "demo", "company", good=False)
        check("holds something already" in again.stderr, again.stderr)
        other = Path(temporary) / "other"
        purser(other, "unit", "add", "Everybody else", "--zone", "UTC")
        check("stays" in purser(other, "demo", "wipe", good=False).stderr and other.exists(), "a real folder is wiped")
        purser(data, "demo", "wipe")
        check(not data.exists() and other.exists(), "the company is still there")
    return f"{made['calls']} calls in {took:.0f} s"


def the_bill(data: Path, billed: list) -> None:
    """The last month's bill has a key that is not Purser's and a model that became dearer; the month before is equal."""
    first, following = billed

    def reconciled(first: str, following: str, equal: bool) -> dict:
        words = ("bill", "reconcile", "--from", first, "--to", following)
        (provider,) = json.loads(purser(data, "--json", *words, good=equal).stdout)["providers"]
        return provider

    last = reconciled(first, following, equal=False)
    causes = {cause["cause"]: nano(cause["amount"]) for cause in last["causes"]}
    check(causes.keys() >= {"shadow_key", "price_drift"} and "unexplained" not in causes, str(causes))
    check(all(causes[cause] > 0 for cause in ("shadow_key", "price_drift")), str(causes))
    year, month, _ = map(int, first.split("-"))
    before = f"{year - 1}-12-01" if month == 1 else f"{year}-{month - 1:02}-01"
    check(not reconciled(before, first, equal=True)["causes"], "the month before differs")


def the_same_company() -> str:
    """One seed makes one company: each record the same, but for frames and how far slices are ahead. A closed month's
    hash is over statements, which name entries by their number, and slices are entries too."""

    def told(line: dict) -> dict:
        kept = {name: value for name, value in line.items() if name not in ("lsn", "frame")}
        event = kept.get("event")
        if isinstance(event, dict):
            if "period_closed" in event:
                event["period_closed"].pop("root")
            if event.get("action") == "close_period":
                event.pop("record")
        return kept

    def records(data: Path, seed: str) -> list:
        purser(data, "demo", "company", "--until", "2026-03-02", "--months", "2", "--seed", seed)
        lines = map(json.loads, purser(data, "journal", "export").stdout.splitlines())
        return [told(line) for line in lines if line["kind"] not in ("boot", "slice")]

    with tempfile.TemporaryDirectory() as temporary:
        one, again, other = (records(Path(temporary) / name, seed) for name, seed in (("a", "7"), ("b", "7"), ("c", "8")))
        check(len(one) > 10_000 and one == again, "the same seed makes another company")
        check(one != other, "another seed makes the same company")
    return f"{len(one)} records"


def nano(amount: str) -> int:
    whole, _, places = amount.partition(".")
    return int(whole) * 10**9 + int(places.ljust(9, "0"))


class Terminal:
    """A terminal of its own with a demonstration in it."""

    def __init__(self, wide: int, high: int, **settings: str):
        self.folder = tempfile.TemporaryDirectory()
        self.code = Path(self.folder.name) / "code"
        self.server = f"purser-{os.getpid()}-{wide}"
        command = f"{BINARY} demo; echo $? > {self.code}; stty -a > {self.code}.stty; cat"
        variables = BARE | {"TMPDIR": self.folder.name} | settings
        words = [f"{name}={value}" for name, value in variables.items()]
        self.tmux("new-session", "-d", "-x", str(wide), "-y", str(high), "env", "-i", *words, "sh", "-c", command)

    def tmux(self, *words: str) -> str:
        command = [TMUX, "-L", self.server, "-f", os.devnull, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        check(done.returncode == 0, f"tmux {words[0]}: {done.stderr}")
        return done.stdout

    def shown(self, *options: str) -> str:
        return self.tmux("capture-pane", "-p", *options)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def until(self, what: str, seconds: float) -> str:
        """The screen, once it shows this."""
        latest = time.monotonic() + seconds
        while True:
            screen = self.shown()
            if re.search(what, screen):
                return screen
            check(time.monotonic() < latest, f"{what!r} is not shown after {seconds} s:\n{screen}")
            time.sleep(0.05)

    def left(self) -> int:
        """The exit code, once the demonstration has ended."""
        latest = time.monotonic() + 60
        stty = Path(f"{self.code}.stty")
        # A file is there before anything stands in it.
        while not all(path.exists() and path.read_text().strip() for path in (self.code, stty)):
            check(time.monotonic() < latest, f"it does not end:\n{self.shown()}")
            time.sleep(0.05)
        modes = stty.read_text()
        check(" icanon" in modes and " echo " in modes, f"the terminal is not given back: {modes}")
        return int(self.code.read_text())

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_) -> None:
        subprocess.run([TMUX, "-L", self.server, "kill-server"], capture_output=True, timeout=10)
        self.folder.cleanup()


def live_view() -> str:
    """People, the runaway's end, a statement, a pause, another size, and away with q."""
    with Terminal(80, 24, TERM="screen") as terminal:
        began = time.monotonic()
        terminal.until(r"a company is being set up|Purser demo", FIRST_OUTPUT)
        first = time.monotonic() - began
        screen = terminal.until(r"Recruiter, People +[█▒░]+ +\$\d", 60)
        check("Staff engineer, Platform" in screen and "Company and journal" in screen, screen)
        terminal.until(r"STOPPED after [\d.]+ s at \$", 45)
        terminal.press("Down")
        terminal.until(r"Statement: Staff engineer, Platform, San Francisco", 5)
        terminal.until(r"claude-opus-5-5 +\d+ calls", 5)
        terminal.press("Escape")
        terminal.until(r"STOPPED", 5)
        terminal.press("p")
        terminal.until(r"PAUSED", 5)
        terminal.press("p")
        terminal.tmux("resize-window", "-x", "120", "-y", "40")
        terminal.until(r"where +left .* held +calls +denied", 5)
        terminal.press("q")
        check(terminal.left() == 0, terminal.shown())
        check("equal, call by call" in terminal.shown("-S", "-100"), terminal.shown("-S", "-100"))
    return f"first output after {first:.1f} s"


def without_colour() -> str:
    """NO_COLOR is heeded, and Ctrl-C gives the terminal back."""
    with Terminal(90, 30, TERM="screen", NO_COLOR="1") as terminal:
        terminal.until(r"Recruiter, People +[█▒░]+ +\$\d", 60)
        coloured = re.findall(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|4[0-7]|9[0-7])m", terminal.shown("-e"))
        check(not coloured, f"colours: {coloured}")
        terminal.press("C-c")
        check(terminal.left() == 0, terminal.shown())
    return ""


CASES = {
    "the story": the_story,
    "one summary": one_summary,
    "the same as JSON": the_same_as_json,
    "a folder that is kept": kept,
    "a company": a_company,
    "the same company": the_same_company,
}
VIEWED = {"live view": live_view, "without colour": without_colour}


def main() -> int:
    if not BINARY.exists():
        print(f"{BINARY} does not exist: build it first, or name another in PURSER_BIN", file=sys.stderr)
        return 1
    if not TMUX:
        print("tmux is not installed: the live view is not looked at", file=sys.stderr)
    failed = 0
    cases = CASES | (VIEWED if TMUX else {})
    for name, case in cases.items():
        try:
            print(f"ok    {name}  {case()}".rstrip(), flush=True)
        except (Failed, subprocess.TimeoutExpired) as why:
            failed += 1
            print(f"FAIL  {name}: {why}", flush=True)
        except Exception:  # a defect of the test must not hide the other cases
            failed += 1
            print(f"FAIL  {name}: {traceback.format_exc()}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
