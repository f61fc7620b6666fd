"""How commands answer: one JSON head for all, plain words for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.settings import TIME_ZONE


def headed(schema: str, home: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's shared head `schema, home, generated_at`, then the content."""
    generated = datetime.now(ZoneInfo(TIME_ZONE)).isoformat(timespec="seconds")
    return {"schema": f"{schema}/1", "home": str(home), "generated_at": generated, **content}


def print_json(content: Mapping[str, Any], *, one_line: bool = False) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=None if one_line else 2, default=str))


def say(text: str = "") -> None:
    """Progress and notes for people: standard error, so that standard output stays data."""
    print(text, file=sys.stderr, flush=True)
