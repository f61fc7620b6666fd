"""SQL text, written by hand where a parameter cannot stand."""

# What Python's `str.strip` takes off, for DuckDB's `trim(text, characters)`.
BLANKS = "".join(c for c in map(chr, range(1, 0x3001)) if c.isspace())


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
