"""One example file in the making: its lines, its records, and the defects planted in it, each with its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

Outcome = Literal["quarantined", "duplicate"]
SYNTHETIC = "(syntetiska data)"


@dataclass(frozen=True)
class Defect:
    """A planted defect. `line` is physical and 1-based, null in JSON; `rule` is null for a duplicate."""

    file: str
    line: int | None
    column: str | None
    value: str | None
    rule: str | None
    outcome: Outcome


@dataclass(frozen=True)
class Written:
    """A whole example file. `path` is relative to the target; `records` as the layout defines a record."""

    path: str
    content: bytes
    records: int
    defects: tuple[Defect, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()

    def manifest(self) -> bytes:
        """The delivery's manifest, which says that the data are synthetic."""
        told = {
            "schema": "manifest/1",
            "file": self.name,
            "bytes": len(self.content),
            "sha256": self.sha256,
            "records": self.records,
            "data_origin": "synthetic",
        }
        return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


class TextFile:
    """Delimited text, line by line. Fields are quoted only where they must be, as the owners do."""

    def __init__(self, path: str, delimiter: str = ";", newline: str = "\n", bom: bool = False) -> None:
        self.path, self._delimiter, self._newline, self._bom = path, delimiter, newline, bom
        self._lines: list[str] = []
        self._physical = 0
        self._records = 0
        self._defects: list[Defect] = []

    def line(self, text: str) -> None:
        """A title, heading, blank or footer line as it stands."""
        self._lines.append(text)
        self._physical += 1 + text.count("\n")

    def row(self, fields: list[str], records: int = 1) -> None:
        """A row of fields that holds so many records."""
        self.line(self._delimiter.join(map(self._field, fields)))
        self._records += records

    def defect(self, column: str | None, value: str | None, rule: str | None, outcome: Outcome = "quarantined") -> None:
        """Note a defect on the line written last."""
        self._defects.append(Defect(self.path, self._physical, column, value, rule, outcome))

    def finish(self, final_newline: bool = True) -> Written:
        text = self._newline.join(self._lines) + (self._newline if final_newline else "")
        content = ("\ufeff" if self._bom else "").encode() + text.encode()
        return Written(self.path, content, self._records, tuple(self._defects))

    def _field(self, text: str) -> str:
        if any(mark in text for mark in (self._delimiter, '"', "\n")):
            return '"' + text.replace('"', '""') + '"'
        return text


def json_file(path: str, answer: object, indent: int, records: int, defects: tuple[Defect, ...] = ()) -> Written:
    """A JSON answer as the interfaces print it: that indent, no final line end."""
    return Written(path, json.dumps(answer, ensure_ascii=False, indent=indent).encode(), records, defects)
