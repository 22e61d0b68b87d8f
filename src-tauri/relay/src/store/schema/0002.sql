-- What a client says of how a message is to be carried, and of what its sender wants to hear.

ALTER TABLE message ADD COLUMN account TEXT;                                  -- the device account it was signed in with
ALTER TABLE message ADD COLUMN utf8 INTEGER NOT NULL DEFAULT 0;               -- SMTPUTF8
ALTER TABLE message ADD COLUMN eight_bit_header INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN ret INTEGER;
ALTER TABLE message ADD COLUMN envelope_id TEXT;
ALTER TABLE recipient ADD COLUMN notify INTEGER;                              -- 1 success, 2 failure, 4 delay; NULL: not said
ALTER TABLE recipient ADD COLUMN original TEXT;
