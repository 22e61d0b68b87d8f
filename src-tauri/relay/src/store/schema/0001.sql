-- Times are milliseconds since 1970. One row a message, one a recipient, one a thing that happened.
-- The columns behind "summary" repeat what the recipients say, so that lists read one row a line.

CREATE TABLE message (
  seq          INTEGER PRIMARY KEY,
  id           BLOB    NOT NULL UNIQUE,
  kind         INTEGER NOT NULL,
  accepted_at  INTEGER NOT NULL,
  reverse_path TEXT    NOT NULL,
  body         INTEGER NOT NULL,
  eight_bit    INTEGER NOT NULL,
  size         INTEGER NOT NULL,
  client       TEXT,
  client_name  TEXT    NOT NULL,
  tls          TEXT,
  extended     INTEGER NOT NULL,
  subject      TEXT    NOT NULL,
  message_id   TEXT    NOT NULL,
  file         TEXT,               -- name in content/, when the content is not in the table
  held         INTEGER NOT NULL DEFAULT 0,
  noticed      INTEGER NOT NULL DEFAULT 0,
  -- summary
  first_recipient TEXT    NOT NULL,
  recipients   INTEGER NOT NULL,
  unsettled    INTEGER NOT NULL,   -- more than 0: in the queue
  state        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  next_attempt INTEGER,
  settled_at   INTEGER,
  why_kind     INTEGER,
  why_reply    TEXT
);
CREATE INDEX message_open ON message(seq) WHERE unsettled > 0;
CREATE INDEX message_settled ON message(settled_at) WHERE unsettled = 0;

CREATE TABLE recipient (
  message      INTEGER NOT NULL REFERENCES message(seq) ON DELETE CASCADE,
  n            INTEGER NOT NULL,
  forward_path TEXT    NOT NULL,
  state        INTEGER NOT NULL,
  attempts     INTEGER NOT NULL DEFAULT 0,
  due          INTEGER,            -- NULL once settled
  settled_at   INTEGER,
  why_kind     INTEGER,
  reply        TEXT,
  PRIMARY KEY (message, n)
) WITHOUT ROWID;

CREATE TABLE content (
  message      INTEGER PRIMARY KEY REFERENCES message(seq) ON DELETE CASCADE,
  bytes        BLOB NOT NULL
);

-- Append-only history.
CREATE TABLE record (
  message      INTEGER NOT NULL REFERENCES message(seq) ON DELETE CASCADE,
  n            INTEGER NOT NULL,   -- order within the message
  at           INTEGER NOT NULL,
  kind         INTEGER NOT NULL,
  recipient    INTEGER,
  server       TEXT,
  tls          TEXT,
  why_kind     INTEGER,
  reply        TEXT,
  next_attempt INTEGER,
  report       BLOB,
  PRIMARY KEY (message, n)
) WITHOUT ROWID;

CREATE TABLE hour (
  number       INTEGER PRIMARY KEY, -- hours since 1970
  accepted     INTEGER NOT NULL DEFAULT 0,
  sent         INTEGER NOT NULL DEFAULT 0,
  failed       INTEGER NOT NULL DEFAULT 0,
  refused      INTEGER NOT NULL DEFAULT 0
);

-- What must outlive a restart and is no message: "paused", "clean".
CREATE TABLE mark (
  name         TEXT PRIMARY KEY,
  value        INTEGER NOT NULL
) WITHOUT ROWID;
