"""Which delivery some bytes are: those of the first name they came under, or another that the name tells apart.

Two providers without a case, or one provider in two months, may send equal bytes: where the name says who sent them or
which months they cover, they are two deliveries. The first one's id is the SHA-256 of the bytes, the other's that of
the bytes and what its name says; the raw store has the same bytes under both.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.ledger.entries import Delivery
    from orchestration.sources.model import Layout


def captured(layout: Layout, file_name: str) -> dict[str, str]:
    """What the name says, by the layout's pattern; empty where it says nothing."""
    found = re.search(layout.file_name, file_name) if layout.file_name else None
    return found.groupdict(default="") if found else {}


def identity(sha256: str, size: int, layout: Layout, file_name: str, known: Delivery | None) -> str:
    """The id of the delivery that these bytes are under this name; `known` is the delivery of the bytes' own hash."""
    told = _telling(layout, file_name)
    if not told:
        return sha256
    if known is None:
        # Every empty file has the same hash: it is nobody's own.
        return sha256 if size else named_identity(sha256, layout, file_name)
    if known.file_name == file_name or (
        known.layout_id == layout.layout_id and _telling(layout, known.file_name) == told
    ):
        return sha256
    return named_identity(sha256, layout, file_name)


def named_identity(sha256: str, layout: Layout, file_name: str) -> str:
    """The id of bytes that are a delivery of their own by what their name says."""
    said = json.dumps([sha256, layout.layout_id, sorted(_telling(layout, file_name).items())])
    return hashlib.sha256(said.encode()).hexdigest()


def _telling(layout: Layout, file_name: str) -> dict[str, str]:
    """Of what the name says: who sent the file, and which months it covers."""
    names = {*layout.selection, *([layout.window.column] if layout.window else [])}
    return {name: text for name, text in captured(layout, file_name).items() if name in names}
