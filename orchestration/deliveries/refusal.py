"""Why a whole file is refused, in words its sender understands."""

from __future__ import annotations

from dataclasses import dataclass

FILE_RULES = {
    "F_ENCODING": "the bytes cannot be read in any declared encoding",
    "F_EMPTY": "the file holds no record",
    "F_LAYOUT": "the headings are not those of a declared layout",
    "F_DIMENSION": "a dimension, column or field that no layout declares makes the values a part of the total",
    "F_FIELDS": "too many records have another number of fields than the heading",
    "F_RULES": "more of the records break rules than the layout allows",
    "F_TRUNCATED": "the file ends before its declared end",
    "F_MANIFEST": "the bytes or the records are not those the manifest names",
    "F_PERIOD": "the content is of another period than the name or the manifest says",
    "F_BOMB": "the archive unpacks beyond the declared limit",
    "F_NAME": "the name holds a path, a control character or a link",
    "F_KEY": "the file holds person ids and there is no key for their pseudonyms",
    "F_ORIGIN": "a synthetic file in a real home, or the reverse",
    "F_PURGED": "the same bytes were removed on purpose",
    "F_UNKNOWN": "no declared source has this layout",
}

#: What somebody may let in all the same, by name and reason (`delivery accept`).
ACCEPTABLE = frozenset({"F_RULES"})

FILE_WARNINGS = {
    "W_SHRUNK": "the delivery holds far fewer records than the one before it",
}


@dataclass
class FileRefused(Exception):
    """A delivery that is refused whole. `code` is one of `FILE_RULES`."""

    code: str
    message: str
    line: int | None = None

    def __post_init__(self) -> None:
        if self.code not in FILE_RULES:
            raise ValueError(f"unknown file rule {self.code}")
        super().__init__(f"{self.code}: {self.message}")
