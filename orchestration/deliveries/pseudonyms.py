"""Person ids become keyed pseudonyms before anything but the sealed raw file is written.

A pseudonym is the first 128 bits of HMAC-SHA256 (RFC 2104, FIPS 198-1) of the id, in hexadecimal. The key comes from a
file outside the repository, named by `VARDLAGRET_PSEUDONYM_KEY_FILE`: at least 32 bytes, best as 64 hexadecimal digits.
Beside each pseudonym stands the key's own id, so that pseudonyms of two keys are never taken for one another. With
another key the reader's hash differs, and every delivery is read anew from raw.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.deliveries.readers.records import Records
from orchestration.deliveries.refusal import FileRefused
from orchestration.home import Home
from orchestration.sources.model import Column, Layout, Source
from orchestration.sql import quoted

KEY_FILE = "VARDLAGRET_PSEUDONYM_KEY_FILE"
LEAST_KEY_BYTES = 32
DIGITS = 32
_BLOCK = 64


@dataclass(frozen=True)
class Key:
    """The secret, and the id that may stand beside pseudonyms."""

    secret: bytes

    @property
    def key_id(self) -> str:
        return hashlib.sha256(b"pseudonym key id\0" + self.secret).hexdigest()[:8]

    def pseudonym(self, person_id: str) -> str:
        return hmac.digest(self.secret, person_id.encode(), "sha256").hex()[:DIGITS]

    def in_sql(self, text: str) -> str:
        """The same as `pseudonym`, as DuckDB SQL over a text."""
        block = (hashlib.sha256(self.secret).digest() if len(self.secret) > _BLOCK else self.secret).ljust(
            _BLOCK, b"\0"
        )
        inner, outer = (_blob(bytes(b ^ pad for b in block)) for pad in (0x36, 0x5C))
        return f"left(sha256({outer} || unhex(sha256({inner} || encode({text})))), {DIGITS})"


def _blob(content: bytes) -> str:
    return "'" + "".join(f"\\x{b:02x}" for b in content) + "'::blob"


def current_key() -> Key | None:
    """The key that the environment names; None where it names none. Raises `ValueError` for one that is too short."""
    named = os.environ.get(KEY_FILE)
    if not named:
        return None
    content = Path(named).read_bytes().strip()
    secret = bytes.fromhex(content.decode()) if re.fullmatch(rb"(?:[0-9a-fA-F]{2})+", content) else content
    if len(secret) < LEAST_KEY_BYTES:
        raise ValueError(f"the key in {named} has {len(secret)} bytes; at least {LEAST_KEY_BYTES} are needed")
    return Key(secret)


def needed_key(layout: Layout) -> Key | None:
    """The key, where the layout holds person ids, else None. Raises `FileRefused` (F_KEY) where there is no key."""
    if not any(column.pseudonym for column in layout.columns):
        return None
    key = current_key()
    if key is None:
        raise FileRefused(
            "F_KEY",
            f"{layout.layout_id} holds person ids and there is no key for their pseudonyms: write at least 32 random "
            f"bytes to a file outside the repository and name it in {KEY_FILE}, then take the file in again",
        )
    return key


def key_of(home: Home, source: Source) -> str:
    """The id of the key that a source's pseudonyms are made with in this home, empty where it holds no person ids.

    A night without the key keeps to the one used last: pseudonyms that stand need not be made again.
    """
    if not any(column.pseudonym for layout in source.layouts for column in layout.columns):
        return ""
    key = current_key()
    remembered = home.path / "pseudonym-key-id"
    if key is None:
        return remembered.read_text().strip() if remembered.exists() else "none"
    if not remembered.exists() or remembered.read_text().strip() != key.key_id:
        remembered.write_text(f"{key.key_id}\n")
    return key.key_id


def pseudonymised(layout: Layout, records: Records) -> None:
    """Put pseudonyms in place of person ids, the id's kind and the key's id beside. Raises `FileRefused` (F_KEY)."""
    key = needed_key(layout)
    if key is None:
        return
    known: dict[str, str] = {}
    for column in (c for c in layout.columns if c.pseudonym):
        texts = [(t or "").strip() for t in records.columns[column.name]]
        kinds = {text: kind_of(column, text) for text in set(texts)}
        known |= {text: key.pseudonym(text) for text in kinds if text not in known}
        records.columns[column.name] = [known[t] if t else "" for t in texts]
        records.columns[f"{column.name}_kind"] = [kinds[t] for t in texts]
        records.columns[f"{column.name}_key"] = [key.key_id] * len(texts)


def kind_of(column: Column, text: str) -> str | None:
    """The declared kind of id whose form the text has; None for none."""
    return next((kind for kind, pattern in column.pseudonym.items() if re.fullmatch(pattern, text)), None)


def columns_in_sql(column: Column, text: str, key: Key) -> dict[str, str]:
    """SQL for the pseudonym of a text, its kind, and the key's id: the same as `pseudonymised`."""
    kinds = " ".join(
        f"when regexp_full_match({text}, {quoted(pattern)}) then {quoted(kind)}"
        for kind, pattern in column.pseudonym.items()
    )
    return {
        column.name: f"case when {text} = '' then '' else {key.in_sql(text)} end",
        f"{column.name}_kind": f"case {kinds} end",
        f"{column.name}_key": quoted(key.key_id),
    }
