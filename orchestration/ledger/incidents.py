"""Incidents as the watch remembers them: opened, told, taken on by someone, cleared."""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.ledger.file import LedgerFile


@dataclass(frozen=True)
class Remembered:
    """One incident. Moments are RFC 3339, UTC. `quiet_until` None with a name in `quiet_by`: until it clears."""

    incident_id: str
    code: str
    since: str
    opened_at: str
    notified_at: str | None = None
    cleared_at: str | None = None
    clear_notified_at: str | None = None
    quiet_by: str | None = None
    quiet_at: str | None = None
    quiet_until: str | None = None

    def quiet(self, now: str) -> bool:
        """Whether somebody has taken it on, and the time that they asked for has not passed."""
        return self.quiet_by is not None and (self.quiet_until is None or now < self.quiet_until)


class Incidents(LedgerFile):
    """The part of the ledger about incidents."""

    def incidents(self) -> dict[str, Remembered]:
        """Every incident that was ever opened, by id."""
        rows = self.rows("select * from incidents order by opened_at, rowid")
        return {row["incident_id"]: Remembered(**dict(row)) for row in rows}

    def open_incident(self, incident_id: str, code: str, since: str, at: str) -> None:
        """Open an incident, or open one anew that had cleared: what was told and who had it is forgotten then."""
        with self.transaction() as connection:
            connection.execute(
                """insert into incidents (incident_id, code, since, opened_at) values (?, ?, ?, ?)
                   on conflict (incident_id) do update set since = excluded.since, opened_at = excluded.opened_at,
                     notified_at = null, cleared_at = null, clear_notified_at = null,
                     quiet_by = null, quiet_at = null, quiet_until = null""",
                (incident_id, code, since, at),
            )

    def incident_told(self, incident_id: str, at: str) -> None:
        """Somebody was sent the message that it stands."""
        self._set("notified_at = ?", incident_id, at)

    def clear_incident(self, incident_id: str, at: str) -> None:
        """It does not stand any longer."""
        self._set("cleared_at = ?", incident_id, at)

    def clearing_told(self, incident_id: str, at: str) -> None:
        """Somebody was sent the message that it has cleared."""
        self._set("clear_notified_at = ?", incident_id, at)

    def quiet_incident(self, incident_id: str, by: str, at: str, until: str | None) -> None:
        """Somebody takes it on: no message about it until the moment given, or until it clears."""
        self._set("quiet_by = ?, quiet_at = ?, quiet_until = ?", incident_id, by, at, until)
        self.keep()

    def _set(self, what: str, incident_id: str, *values: str | None) -> None:
        with self.transaction() as connection:
            changed = connection.execute(
                f"update incidents set {what} where incident_id = ?", (*values, incident_id)
            ).rowcount
            if not changed:
                raise KeyError(f"incident {incident_id} is not in the ledger: it cannot be changed")
