-- Through which smart host mail went, and how much of it. Hours are counted since 1970.

ALTER TABLE message ADD COLUMN lane TEXT;  -- the last one; NULL: none yet, or before there were several
ALTER TABLE record ADD COLUMN lane TEXT;

CREATE TABLE lane_hour (
  lane         TEXT    NOT NULL,
  hour         INTEGER NOT NULL,
  recipients   INTEGER NOT NULL,   -- offered to it
  PRIMARY KEY (lane, hour)
) WITHOUT ROWID;
INSERT INTO lane_hour SELECT 'default', number, sent + failed FROM hour WHERE number > (SELECT max(number) FROM hour) - 36;
