-- Who signs in, who was refused, who handed in mail and how much. Hours are counted since 1970.

-- Passwords of device accounts, as hashes; the accounts themselves stand in the settings.
CREATE TABLE account (
  name         TEXT    PRIMARY KEY, -- in small letters
  hash         TEXT    NOT NULL,
  set_at       INTEGER NOT NULL,
  used_at      INTEGER
) WITHOUT ROWID;

-- Folded: one row a client, reason and hour. The client '' stands for those beyond the number that is told apart.
CREATE TABLE refusal (
  hour         INTEGER NOT NULL,
  client       TEXT    NOT NULL,
  why          INTEGER NOT NULL,
  client_name  TEXT    NOT NULL,
  count        INTEGER NOT NULL,
  first_at     INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  sender       TEXT    NOT NULL,
  recipient    TEXT    NOT NULL,
  reply        TEXT    NOT NULL,
  PRIMARY KEY (hour, client, why)
) WITHOUT ROWID;
CREATE INDEX refusal_last ON refusal(last_at);
CREATE INDEX refusal_client ON refusal(client, last_at);

-- As it was at its last message.
CREATE TABLE device (
  address      TEXT    PRIMARY KEY,
  name         TEXT    NOT NULL,
  account      TEXT,
  tls          TEXT,
  first_at     INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  messages     INTEGER NOT NULL
) WITHOUT ROWID;

-- What was taken, for what is usual: of an address, and of 'account:NAME'.
CREATE TABLE sent_hour (
  who          TEXT    NOT NULL,
  hour         INTEGER NOT NULL,
  messages     INTEGER NOT NULL,
  recipients   INTEGER NOT NULL,   -- of mail that went on
  held         INTEGER NOT NULL,   -- recipients of mail that was held as a burst
  usual        INTEGER NOT NULL DEFAULT 0, -- recipients that a person said are usual
  PRIMARY KEY (who, hour)
) WITHOUT ROWID;
CREATE INDEX sent_hour_number ON sent_hour(hour);
