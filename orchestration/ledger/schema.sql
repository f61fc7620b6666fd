-- The ledger, version 5. It holds what happened: no row values of any delivery.
-- Moments are RFC 3339 text in UTC with microseconds; text order is time order.

create table receipts (               -- one arrival of bytes
  receipt_id      integer primary key,
  received_at     text not null unique,   -- strictly increasing
  file_name       text not null,
  via             text not null check (via in ('ingest', 'landing')),
  delivery_sha256 text,                   -- null when the bytes were not taken (refused by name)
  bytes           integer,
  extracted_at    text,                   -- where this arrival dates the bytes otherwise than the delivery itself does
  manifest        text,                   -- the sidecar that came with it, as JSON
  arrival         text                    -- the file in the landing (inode and change time), so that a repeat is known
);
create index receipts_by_delivery on receipts (delivery_sha256, received_at);
create index receipts_by_arrival on receipts (arrival) where arrival is not null;

create table outcomes (               -- one per attempted file; a later one of the same receipt overrules
  outcome_id integer primary key,
  receipt_id integer not null references receipts (receipt_id) on delete cascade,
  at         text not null,
  outcome    text not null check (outcome in ('loaded', 'duplicate', 'refused', 'unrecognised', 'document')),
  code       text,
  message    text,
  source_id  text,
  layout_id  text
);
create index outcomes_by_receipt on outcomes (receipt_id, outcome_id);

create table deliveries (             -- bytes that were recognised, and how they were read
  delivery_sha256 text primary key,
  source_id       text not null,
  layout_id       text not null,
  file_name       text not null,          -- the name they were read under
  bytes           integer not null,
  extracted_at    text,
  origin          text not null check (origin in ('real', 'synthetic')),
  records_raw     integer not null,       -- by the second counter
  records_read    integer not null,       -- by the reader
  unmapped        text not null,          -- JSON list of headings that no declaration names
  cells_path      text,                   -- below cells/; null for documents and what can no longer be read
  reader_hash     text not null,
  read_at         text not null
);

create table coverage (               -- what a delivery replaces
  delivery_sha256 text not null references deliveries (delivery_sha256) on delete cascade,
  scope_key       text not null,
  period_key      text not null,
  records         integer not null,
  told_until      text not null default '', -- of records without a month: the last month told of, which decides first
  primary key (delivery_sha256, scope_key, period_key)
) without rowid;

create table records (                -- what became of the records of each current delivery, by the latest build
  delivery_sha256 text primary key,
  source_id       text not null,
  accepted        integer not null,
  quarantined     integer not null,
  duplicate       integer not null,
  unmapped        integer not null,
  run_id          text not null
);

create table quarantine (             -- index of refused records, by the latest build: places and rules, never values
  delivery_sha256 text not null,
  source_id       text not null,
  layout_id       text not null,
  file            text not null,
  line            integer not null,
  column_name     text,
  code            text not null,
  period          text
);
create index quarantine_by_delivery on quarantine (delivery_sha256, code);

create table verdicts (
  run_id           text not null,
  dataset          text not null,
  data_fingerprint text not null,
  suite_version    text not null,
  outcome          text not null check (outcome in ('passed', 'warned', 'failed', 'broken')),
  findings         text not null,         -- JSON, without values
  at               text not null,
  primary key (run_id, dataset)
);
create index verdicts_by_dataset on verdicts (dataset, at);

create table runs (
  run_id      text primary key,
  nightly_id  text not null,
  kind        text not null,
  pid         integer not null,
  born        text,                       -- the process's birth, where the system tells
  host        text not null,
  started_at  text not null,
  ended_at    text,
  stage       text,                       -- the one entered last
  exit        integer,
  fingerprint text,                       -- of the deliveries, declarations and code that it built from
  release     text,
  summary     text                        -- JSON
);
create index runs_by_start on runs (started_at);

create table stages (
  stage_id   integer primary key,
  run_id     text not null references runs (run_id) on delete cascade,
  name       text not null,
  started_at text not null,
  seconds    real,
  outcome    text,
  detail     text                         -- JSON
);
create index stages_by_run on stages (run_id, stage_id);

create table purges (                 -- tombstones: bytes that were removed on purpose and are not taken in again
  delivery_sha256 text primary key,
  at              text not null,
  by              text not null,
  reason          text not null
);

create table windows (                -- months of monthly facts: what each was built from last, or that it is due
  dataset     text not null,
  month       text not null,              -- 2024-05, or open
  outcome     text not null check (outcome in ('due', 'building', 'built', 'failed')),
  reasons     text not null,              -- JSON, of the latest building
  inputs      text,                       -- of the deliveries; this and what follows is of the last time it was built
  models      text,
  definitions text,
  generation  text,                       -- the warehouse that it lies in
  as_of       text,                       -- the last receipt that was known
  built_at    text,
  batch_id    text,
  run_id      text,
  primary key (dataset, month)
);

create table batches (                -- one per dbt run over a window of months
  batch_id   text primary key,
  run_id     text not null,
  datasets   text not null,               -- JSON
  first      text,                        -- null: only what has no month
  last       text,
  months     integer not null,
  kind       text not null check (kind in ('months', 'provenance')),
  started_at text not null,
  ended_at   text,
  seconds    real,
  outcome    text check (outcome in ('built', 'failed', 'killed'))
);

create table incidents (              -- what the watch has told, by what it is about; it opens again in its place
  incident_id       text primary key,     -- code:subject
  code              text not null,
  since             text not null,
  opened_at         text not null,
  notified_at       text,
  cleared_at        text,
  clear_notified_at text,
  quiet_by          text,                 -- who has taken it on
  quiet_at          text,
  quiet_until       text                  -- null with a name: until it clears
);

create table holds (                  -- while one is not lifted, no release is made
  hold_id    integer primary key,
  at         text not null,
  by         text not null,
  reason     text not null,
  lifted_at  text,
  lifted_by  text,
  lifted_why text
);

create table acceptances (            -- a failed check that somebody lets through, for exactly the rows that it failed
  acceptance_id integer primary key,
  at            text not null,
  by            text not null,
  reason        text not null,
  dataset       text not null,
  expectation   text not null,
  source_id     text not null,          -- the slice: source and period; of indicator_values the indicator's id and
  period        text not null,          -- period; both empty where the check is about the table as a whole
  fingerprint   text not null           -- of the slice's rows, or the table's, when they were accepted
);

create table unwritten (              -- rows that changed and do not stand in the journal yet (`journal.py`)
  seq  integer primary key,
  name text not null,
  key  text not null
);

create table kept (                   -- of the tables that are kept whole, what the journal holds
  name   text primary key,
  sha256 text not null
);

-- Receipts that were accepted: their last outcome is loaded or duplicate.
create view accepted_receipts as
select r.receipt_id, r.delivery_sha256, r.received_at, coalesce(r.extracted_at, d.extracted_at, '') as extracted_at
from receipts as r
join outcomes as o using (receipt_id)
join deliveries as d using (delivery_sha256)
where o.outcome in ('loaded', 'duplicate')
  and not exists (
    select 1 from outcomes as later where later.receipt_id = o.receipt_id and later.outcome_id > o.outcome_id
  );
