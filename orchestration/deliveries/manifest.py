"""The manifest: a JSON file beside a delivery, `<name>.manifest.json`, in which its sender says what it sent.

Known keys: `bytes`, `sha256`, `records` (or `rows`), `data_origin` (`real` or `synthetic`), and `periods`, those of the
content as the contract writes them: a list (`["2023", "2024"]`) or `{"from": "2023", "to": "2024"}`. Others are kept,
unread.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.deliveries.refusal import FileRefused

SUFFIX = ".manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What the sender said. None where nothing was said."""

    text: str
    bytes: int | None = None
    sha256: str | None = None
    records: int | None = None
    data_origin: str | None = None
    periods: tuple[str, ...] | None = None
    from_to: bool = False

    def check_bytes(self, size: int, sha256: str) -> None:
        """Raise `FileRefused` (F_MANIFEST) when these are not the bytes that the manifest names."""
        if self.bytes is not None and self.bytes != size:
            raise _mismatch("bytes", self.bytes, size)
        if self.sha256 is not None and self.sha256.lower() != sha256:
            raise _mismatch("sha256", self.sha256, sha256)

    def check_records(self, records: int) -> None:
        """Raise `FileRefused` (F_MANIFEST) when the file does not hold as many records as the manifest names."""
        if self.records is not None and self.records != records:
            raise _mismatch("records", self.records, records)

    def check_periods(self, found: list[str]) -> None:
        """Raise `FileRefused` (F_PERIOD) when the content is of other periods than the manifest names."""
        if self.periods is None:
            return
        said = sorted(self.periods)
        same = found[:1] + found[-1:] == said if self.from_to and found else found == said
        if not same:
            words = [" to ".join(said) if self.from_to else ", ".join(said), ", ".join(found) or "no period"]
            raise FileRefused(
                "F_PERIOD", f"the manifest says {words[0]}, the content is of {words[1]}: ask the sender which is right"
            )


def is_manifest(path: Path) -> bool:
    return path.name.endswith(SUFFIX)


def manifest_path(path: Path) -> Path | None:
    """The manifest beside a delivery, if there is one: `costs.csv.manifest.json` or `costs.manifest.json`."""
    for name in (path.name + SUFFIX, path.stem + SUFFIX):
        beside = path.with_name(name)
        if beside.is_file() and not beside.is_symlink():
            return beside
    return None


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises `FileRefused` (F_MANIFEST) where it cannot be understood."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        said = json.loads(text)
    except ValueError as error:
        raise FileRefused("F_MANIFEST", f"{path.name} is not JSON in UTF-8: {error}") from error
    if not isinstance(said, dict):
        raise FileRefused("F_MANIFEST", f"{path.name} is not a JSON object")
    return Manifest(
        text=text,
        bytes=_of(path, said, "bytes", int),
        sha256=_of(path, said, "sha256", str),
        records=_of(path, said, "records" if "records" in said else "rows", int),
        data_origin=_origin(path, said),
        periods=_periods(path, said),
        from_to=isinstance(said.get("periods"), dict),
    )


def _periods(path: Path, said: dict[str, Any]) -> tuple[str, ...] | None:
    told = said.get("periods")
    if told is None:
        return None
    texts = [told.get("from"), told.get("to")] if isinstance(told, dict) else told
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise FileRefused(
            "F_MANIFEST", f"{path.name}: periods is {told!r}; it must be a list of texts, or have a text from and to"
        )
    return tuple(texts)


def _of(path: Path, said: dict[str, Any], key: str, kind: type) -> Any:
    value = said.get(key)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise FileRefused("F_MANIFEST", f"{path.name}: {key} is {value!r}, it must be of type {kind.__name__}")
    return value


def _origin(path: Path, said: dict[str, Any]) -> str | None:
    origin = said.get("data_origin")
    if origin not in (None, "real", "synthetic"):
        raise FileRefused("F_MANIFEST", f"{path.name}: data_origin is {origin!r}, it must be real or synthetic")
    return origin


def _mismatch(what: str, said: object, found: object) -> FileRefused:
    return FileRefused(
        "F_MANIFEST", f"the manifest says {what} {said}, the file has {found}: ask the sender to send the file again"
    )
