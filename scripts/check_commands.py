#!/usr/bin/env python3
"""Do the programs exist that our documents tell people to run? A command that can't be repeated proves nothing.

    python3 scripts/check_commands.py

Looks at every Markdown file for examples of our crates (`--example NAME`), for scripts (`python3 PATH`, `tests/…`, `benches/…`,
`fuzz/…`, `scripts/…`) and for steps of `./test NAME`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = re.compile(r"--example (\w+)")
SCRIPT = re.compile(r"(?<![\w/.-])((?:tests|benches|fuzz|scripts)/[\w./-]*\w)")
STEP = re.compile(r"`\./test ([a-z_ ]+)`")


def listed(*names: str) -> list[str]:
    done = subprocess.run(["git", "ls-files", *names], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def examples() -> set[str]:
    return {Path(path).parts[3].removesuffix(".rs") for path in listed("crates/*/examples/*")}


def steps() -> set[str]:
    done = subprocess.run([ROOT / "test", "--list"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def missing(document: Path, known_examples: set[str], known_steps: set[str]) -> list[str]:
    text = document.read_text()
    found = [f"example {name}" for name in EXAMPLE.findall(text) if name not in known_examples]
    found += [f"file {path}" for path in SCRIPT.findall(text) if not any((base / path).exists() for base in (ROOT, document.parent))]
    found += [f"step {name}" for names in STEP.findall(text) for name in names.split() if name not in known_steps]
    return found


def main() -> int:
    known_examples, known_steps, bad = examples(), steps(), 0
    documents = [ROOT / name for name in listed("*.md")]
    for document in documents:
        for what in sorted(set(missing(document, known_examples, known_steps))):
            print(f"{document.relative_to(ROOT)}: there is no {what}", file=sys.stderr)
            bad += 1
    print(f"{len(documents)} documents: what they tell to run is there" if not bad else f"{bad} things to run are missing")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
