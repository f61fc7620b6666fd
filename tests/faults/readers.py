"""Releases read while they are published: `python -m tests.faults.readers --reads 10000 --page docs/reliability.md`.

A publisher, a process of its own, publishes one changed cell after the other. Each read goes the way of a user: the pointer,
the release that it names, its list of checksums, and one table's bytes against it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestration.releases.history import latest_id
from tests.faults.page import write_section

REPOSITORY = Path(__file__).parents[2]
#: Publishes one changed cell after the other, for ever; says so before each.
PUBLISHER = """
import itertools, os, sys
from pathlib import Path
from tests.support.small_release import cost, small
house = small(Path(sys.argv[1]))
for n in itertools.count():
    house.rows["fct_costs"][1] = cost("2024", f"100.{os.getpid()}{n:04}")
    print(n, flush=True)
    house.publish()
"""


@dataclass
class Reads:
    """What a reader saw: how many reads, of which releases in the order first seen, and every error."""

    reads: int = 0
    releases: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read_once(releases: Path, number: int) -> str:
    """One read; returns the release. Raises `OSError`, `ValueError`, `AssertionError` where what is found is not whole."""
    said = json.loads((releases / "latest.json").read_text())
    folder = releases / said["release"]
    sums = (folder / "CHECKSUMS").read_bytes()
    assert hashlib.sha256(sums).hexdigest() == said["checksums_sha256"], f"{folder.name}: CHECKSUMS is another"
    lines = sums.decode().splitlines()
    expected, name = lines[number % len(lines)].split("  ", 1)
    found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert found == expected, f"{folder.name}: {name} is another"
    return folder.name


def read_beside_a_publisher(releases: Path, reads: int, publications: int) -> Reads:
    """Read at least so many times and until so many releases were seen, while a process publishes all the time."""
    seen = Reads()
    command = [sys.executable, "-c", PUBLISHER, str(releases)]
    publisher = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    try:
        while latest_id(releases) is None:
            assert publisher.poll() is None, "the publisher ended"
            time.sleep(0.05)
        while seen.reads < reads or len(seen.releases) < publications:
            try:
                name = read_once(releases, seen.reads)
            except (OSError, ValueError, KeyError, AssertionError) as error:
                seen.errors.append(f"read {seen.reads}: {type(error).__name__} {error}")
            else:
                if name not in seen.releases:
                    seen.releases.append(name)
            seen.reads += 1
        assert publisher.poll() is None, "the publisher ended before the reader"
    finally:
        publisher.kill()
        publisher.wait()
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--publications", type=int, default=20, help="read on until so many were seen")
    parser.add_argument("--page", type=Path)
    told = parser.parse_args()
    room = Path(tempfile.mkdtemp(prefix="vardlagret-readers-"))
    begun = time.monotonic()
    seen = read_beside_a_publisher(room / "releases", told.reads, told.publications)
    shutil.rmtree(room)
    text = (
        f"{seen.reads} reads on {datetime.now(UTC).date()} in {time.monotonic() - begun:.0f} s, during which "
        f"{len(seen.releases)} releases were seen as the latest; **{len(seen.errors)} errors**."
    )
    if told.page:
        write_section(told.page, "readers", text)
    print(text, *seen.errors[:20], sep="\n")
    raise SystemExit(1 if seen.errors else 0)


if __name__ == "__main__":
    main()
