"""Holds what ARCHITECTURE.md and deny.toml say about dependencies: the arrows between our crates, licences, bans, sources."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Which of our crates each may use in its product code. The drawing in ARCHITECTURE.md is this table.
ARROWS = {
    "purser-core": set(),
    "purser-ledger": {"purser-core"},
    "purser-providers": {"purser-core"},
    "purser-store": {"purser-core", "purser-ledger"},
    "purser-gateway": {"purser-core", "purser-ledger", "purser-providers"},
    "purser-observed": {"purser-core"},
    "purser-control": {"purser-core", "purser-ledger", "purser-store", "purser-observed"},
    "purser-web": {"purser-core", "purser-control"},
    # A face of its own: what it needs of a protocol stays out of `control` and of the pages.
    "purser-mcp": {"purser-control"},
    "purser-standin": set(),
    # Never part of the product: it tests it.
    "purser-sim": {"purser-core", "purser-ledger", "purser-store"},
    "purser": {
        "purser-core", "purser-ledger", "purser-store", "purser-providers",
        "purser-gateway", "purser-control", "purser-observed", "purser-web", "purser-mcp", "purser-standin",
    },
}


def metadata():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def locks():
    """The manifests beside the workspace use its crates: a dependency added here makes their lock files stale, too."""
    for lock in sorted(ROOT.glob("*/Cargo.lock")) + sorted(ROOT.glob("*/*/Cargo.lock")):
        manifest = lock.with_name("Cargo.toml")
        command = ["cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", str(manifest)]
        if subprocess.run(command, capture_output=True).returncode:
            place = lock.parent.relative_to(ROOT)
            yield f"{place}/Cargo.lock is stale: run `cargo update --workspace --manifest-path {place}/Cargo.toml`"


def arrows(packages, members):
    """Product dependencies among our own crates; tests may look further."""
    for package in packages:
        if package["id"] not in members:
            continue
        name = package["name"]
        if name not in ARROWS:
            yield f"{name} has no place in the map: add it to ARROWS and ARCHITECTURE.md"
            continue
        for used in package["dependencies"]:
            if used["kind"] is None and used["name"] in ARROWS and used["name"] not in ARROWS[name]:
                yield f"{name} must not use {used['name']}"


def allowed(expression, licences):
    """An SPDX expression is fine when one side of every OR, and both sides of every AND, are."""
    expression = expression.replace("/", " OR ").strip()
    depth, parts, operator, start = 0, [], None, 0
    for wanted in (" OR ", " AND "):
        depth, start, parts = 0, 0, []
        for at, letter in enumerate(expression):
            depth += (letter == "(") - (letter == ")")
            if depth == 0 and expression.startswith(wanted, at):
                parts.append(expression[start:at])
                start = at + len(wanted)
        if parts:
            operator = wanted
            parts.append(expression[start:])
            break
    if operator:
        return (any if operator == " OR " else all)(allowed(part, licences) for part in parts)
    if expression.startswith("(") and expression.endswith(")"):
        return allowed(expression[1:-1], licences)
    return re.sub(r"\s+", " ", expression) in licences


def third_parties(packages, members, deny):
    licences = set(deny["licenses"]["allow"])
    bans = {ban["name"]: ban for ban in deny["bans"]["deny"]}
    for package in packages:
        if package["id"] in members:
            continue
        name = f"{package['name']} {package['version']}"
        if not (package["source"] or "").startswith("registry+"):
            yield f"{name} comes from {package['source']}: only the registry is allowed"
        if not allowed(package["license"] or "none", licences):
            yield f"{name} is licensed {package['license']}: not in deny.toml"
        ban = bans.get(package["name"])
        if ban and not ban.get("wrappers"):
            yield f"{name} is banned: {ban['reason']}"
    for package in packages:
        for used in package["dependencies"]:
            ban = bans.get(used["name"])
            if ban and ban.get("wrappers") and package["name"] not in ban["wrappers"] and used["kind"] is None:
                if any(other["name"] == used["name"] for other in packages) and not used["optional"]:
                    yield f"{package['name']} uses {used['name']}: {ban['reason']}"


def reasons():
    """Every dependency in the workspace's table has its reason beside it."""
    inside = False
    for line in (ROOT / "Cargo.toml").read_text().splitlines():
        if line.startswith("["):
            inside = line == "[workspace.dependencies]"
        elif inside and "=" in line and not line.startswith(("#", "purser-")) and "#" not in line.split("=", 1)[1]:
            yield f"Cargo.toml: no reason beside {line.split('=')[0].strip()}"


def main():
    deny = tomllib.loads((ROOT / "deny.toml").read_text())
    found = metadata()
    members = set(found["workspace_members"])
    used = {node["id"] for node in found["resolve"]["nodes"]}
    packages = [package for package in found["packages"] if package["id"] in used]
    wrong = [*arrows(packages, members), *third_parties(packages, members, deny), *reasons(), *locks()]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(packages) - len(members)} third-party packages, {len(members)} of ours, {len(wrong)} complaints")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
