"""Parsers fed with damaged files of every family: refused by a rule, or read with every record counted; nothing else.

A short round of fixed seeds runs with the tests; `make fuzz` runs on with fresh ones and prints how far it came.
"""

from __future__ import annotations

import json
import os
import random
import time
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from orchestration.deliveries.refusal import FileRefused
from orchestration.example.write import write_example
from orchestration.sources.catalogue import load_catalogue
from orchestration.sources.model import Document
from tests.support.readable import read

CATALOGUE = load_catalogue()
SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
ROUNDS = 12
# A single file may take so long at most; a hang shows.
LIMIT = 20.0


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = write_example(tmp_path_factory.mktemp("fuzz") / "example").target
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.endswith(".manifest.json")]


def damaged(content: bytes, draw: random.Random) -> bytes:
    """One to three damages: bytes, lines, fields, JSON nodes, or entries of an archive."""
    for _ in range(draw.randrange(1, 4)):
        kind = draw.choice([_bytes, _cut, _lines, _fields, _nodes, _entries])
        content = kind(content, draw)
    return content


def _bytes(content: bytes, draw: random.Random) -> bytes:
    made = bytearray(content)
    for _ in range(draw.randrange(1, 20)):
        if made:
            made[draw.randrange(len(made))] = draw.choice(
                [0, 1, 9, 10, 13, 32, 34, 44, 59, 123, 255, draw.randrange(256)]
            )
    return bytes(made)


def _cut(content: bytes, draw: random.Random) -> bytes:
    a, b = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return draw.choice([content[:a], content[b:], content[:a] + content[b:], content + content[a:b]])


def _lines(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    how = draw.randrange(4)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(at, lines[draw.randrange(len(lines))])
    elif how == 2:
        lines[at] = b""
    else:
        draw.shuffle(lines)
    return b"\n".join(lines)


def _fields(content: bytes, draw: random.Random) -> bytes:
    lines = content.split(b"\n")
    for _ in range(draw.randrange(1, 30)):
        at = draw.randrange(len(lines))
        sign = draw.choice([b";", b",", b'"', b"\t"])
        parts = lines[at].split(sign)
        draw.shuffle(parts)
        lines[at] = sign.join(parts[: draw.randrange(1, len(parts) + 2)])
    return b"\n".join(lines)


def _nodes(content: bytes, draw: random.Random) -> bytes:
    try:
        document = json.loads(content)
    except ValueError:
        return content
    nodes: list = [document]
    for node in nodes:
        nodes += [v for v in (node.values() if isinstance(node, dict) else node) if isinstance(v, dict | list)][:50]
    node = draw.choice(nodes)
    if isinstance(node, dict) and node:
        key = draw.choice(list(node))
        node[key] = draw.choice([None, "", [], {}, -1, "x" * 50, node[key]])
        if draw.random() < 0.5:
            del node[key]
    elif isinstance(node, list) and node:
        node[draw.randrange(len(node))] = draw.choice([None, "", [], {}, 1e308, True])
    return json.dumps(document).encode()


def _entries(content: bytes, draw: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, NotImplementedError, RuntimeError, zlib.error):
        return content
    if not entries:
        return content
    name = draw.choice(list(entries))
    entries[name] = _bytes(entries[name], draw) if draw.random() < 0.7 else b""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, inner in entries.items():
            if entry != name or draw.random() < 0.8:
                archive.writestr(entry, inner)
    return made.getvalue()


def judge(content: bytes, name: str, folder: Path) -> str:
    """`refused` or `read`; anything else is a fault of the parsers."""
    start = time.process_time()
    try:
        got = read(folder, content, CATALOGUE, name)
    except FileRefused:
        # With a code that is no rule it could not have been raised.
        outcome = "refused"
    except ValueError as error:
        # A document is kept and not read; the support's reader is asked to read all.
        if "is kept, not read" not in str(error):
            raise
        outcome = "kept"
    else:
        assert got.counted == got.reading.records == len(got.rows), "no record is lost without a word"
        assert not isinstance(got.recognised.layout, Document)
        outcome = "read"
    assert time.process_time() - start < LIMIT
    return outcome


def test_damaged_files_are_refused_or_read_whole(files: list[Path], tmp_path: Path) -> None:
    outcomes: dict[str, int] = {}
    for seed in range(ROUNDS):
        draw = random.Random(seed)
        for file in files:
            content = damaged(file.read_bytes()[:60_000] if file.suffix != ".xlsx" else file.read_bytes(), draw)
            try:
                outcome = judge(content, file.name, tmp_path)
            except Exception:
                print(f"seed {seed}, {file.name}, {len(content)} bytes")
                raise
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes["refused"] > 20
    assert outcomes["read"] > 20, outcomes


@pytest.mark.skipif(not SECONDS, reason="runs long: make fuzz")
def test_on_and_on(files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    end, seed, outcomes = time.monotonic() + SECONDS, int(time.time()), dict.fromkeys(("refused", "read", "kept"), 0)
    while time.monotonic() < end:
        seed += 1
        draw = random.Random(seed)
        file = draw.choice(files)
        content = damaged(file.read_bytes(), draw)
        try:
            outcomes[judge(content, file.name, tmp_path)] += 1
        except Exception:
            (tmp_path / f"seed-{seed}-{file.name}").write_bytes(content)
            with capsys.disabled():
                print(f"\nseed {seed}: {tmp_path}/seed-{seed}-{file.name}")
            raise
        if sum(outcomes.values()) % 200 == 0:
            with capsys.disabled():
                print(
                    f"\r{sum(outcomes.values())} files: {outcomes}, {end - time.monotonic():.0f} s left",
                    end="",
                    flush=True,
                )
    with capsys.disabled():
        print(f"\n{sum(outcomes.values())} damaged files: {outcomes}")
