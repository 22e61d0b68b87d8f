-- How often messages were sent again because the answer to the time before was lost.

ALTER TABLE hour ADD COLUMN sent_again INTEGER NOT NULL DEFAULT 0;
