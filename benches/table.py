"""Turns samples into a table of ratios."""

from dataclasses import asdict
from statistics import median

from loads import LOADS
from rounds import Round
from targets import Target

RATED = {load.name: load for load in LOADS if load.rate}


def render(results: dict[str, list[Round]], targets: list[Target]) -> str:
    names = [target.name for target in targets]
    lines = [*throughput(results, names), "", *latency(results, names), "", *memory(targets)]
    return "\n".join(lines)


def throughput(results: dict[str, list[Round]], names: list[str]) -> list[str]:
    head = ["answers a second", *names] + [f"{name} / nginx" for name in names[1:] if name != "nginx"]
    head += [f"CPU s per 10k, {name}" for name in names[1:]] + [f"CPU {n} / nginx" for n in names[1:] if n != "nginx"]
    rows = [head]
    for load, rounds in results.items():
        if load in RATED or not rounds:
            continue
        proxies = names[1:]
        rows.append(
            [load]
            + [spread([taken[name].per_second for taken in rounds], "{:,.0f}") for name in names]
            + [ratio(rounds, name, "per_second") for name in proxies if name != "nginx"]
            + [spread([taken[name].cpu_s_per_10k for taken in rounds], "{:.2f}") for name in proxies]
            + [ratio(rounds, name, "cpu_s_per_10k") for name in proxies if name != "nginx"]
        )
    return aligned(rows)


def latency(results: dict[str, list[Round]], names: list[str]) -> list[str]:
    head = ["milliseconds", "direct p50", "direct p99"]
    for name in names[1:]:
        head += [f"{name} adds p50", "p99", "CPU s per 10k"]
    rows = [head]
    for load, rounds in results.items():
        if load not in RATED or not rounds:
            continue
        # Of a stream it is the first token that somebody waits for.
        parts = ("first_p50_us", "first_p99_us") if RATED[load].stream else ("p50_us", "p99_us")
        row = [load, *(spread([getattr(r["direct"], p) / 1e3 for r in rounds], "{:.2f}") for p in parts)]
        for name in names[1:]:
            for part in parts:
                added = [(getattr(r[name], part) - getattr(r["direct"], part)) / 1e3 for r in rounds]
                row.append(spread(added, "{:+.2f}"))
            row.append(spread([r[name].cpu_s_per_10k for r in rounds], "{:.2f}"))
        rows.append(row)
    return aligned(rows)


def memory(targets: list[Target]) -> list[str]:
    rows = [["peak memory, MiB"], ["resident"]]
    for target in targets:
        rows[0].append(target.name)
        rows[1].append(f"{target.process.peak_rss_mib():.0f}")
    return aligned(rows)


def plain(results: dict[str, list[Round]], targets: list[Target]) -> dict:
    """Every sample, for whoever wants to work on."""
    samples = {load: [{n: asdict(s) for n, s in taken.items()} for taken in rounds] for load, rounds in results.items()}
    return {"targets": [target.name for target in targets], "loads": samples}


def ratio(rounds: list[Round], name: str, part: str) -> str:
    """To nginx, worked out round by round: both saw the same weather."""
    if "nginx" not in rounds[0]:
        return "-"
    pairs = [(getattr(taken[name], part), getattr(taken["nginx"], part)) for taken in rounds]
    return spread([one / other for one, other in pairs if other], "{:.2f}")


def spread(values: list[float], shape: str) -> str:
    """Median, and lowest to highest."""
    if not values:
        return "-"
    low, middle, high = (shape.format(value) for value in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"


def aligned(rows: list[list[str]]) -> list[str]:
    if len(rows) < 2:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    ]
