"""The costliest character and the costliest short word of each tokenizer, in tokens a byte: what the table's factors must
cover. Every character that Unicode has assigned is tried, of the large alphabets of ideographs one in 37."""

import string
import sys
import unicodedata
from pathlib import Path

from counters import Counter

LARGE = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x17000, 0x18CFF), (0x20000, 0x323AF)]
REPEATED = 6


def characters() -> list[str]:
    points = [point for point in range(0x80, sys.maxunicode) if unicodedata.category(chr(point)) not in ("Cn", "Co", "Cs")]
    return [chr(point) for point in points if point % 37 == 0 or not any(low <= point <= high for low, high in LARGE)]


def words() -> list[str]:
    letters = string.ascii_letters
    return [*letters, *(first + second for first in letters for second in letters)]


def each_more(counter: Counter, unit: str) -> float:
    """Tokens of one more repetition of a unit."""
    return (counter.text(unit * (2 + REPEATED)) - counter.text(unit * 2)) / REPEATED


def costliest(counter: Counter, units: list[str], separators: list[str]) -> tuple[float, str]:
    """The unit that costs most for its bytes, a separator behind it counted in tokens and in bytes."""
    costs = ((each_more(counter, unit + separator) / len((unit + separator).encode()), unit + separator) for separator in separators for unit in units)
    return max(costs)


def report(counters: list[Counter], modules: Path) -> int:
    wide, short, seen = characters(), words(), set()
    print(f"{len(wide)} characters, {len(short)} words; tokens a byte")
    for counter in counters:
        if (key := counter.name.split(",")[0]) in seen:
            continue
        seen.add(key)
        counter.load(modules)
        character = costliest(counter, wide, ["", "!", "a"])
        word = costliest(counter, short, [*"!.-&_ 1\t\n"])
        print(f"{counter.name:28} character {character[0]:.2f} {character[1]!r}, word {word[0]:.3f} {word[1]!r}", flush=True)
    return 0
