-- Which mail goes first, and why a message is held.

ALTER TABLE message ADD COLUMN priority INTEGER NOT NULL DEFAULT 1;
ALTER TABLE message ADD COLUMN held_why INTEGER NOT NULL DEFAULT 0; -- of what is held: by a person unless it says otherwise
ALTER TABLE message ADD COLUMN held_for TEXT;                       -- who sends a burst; the header rule's name
CREATE INDEX message_held_for ON message(held_for) WHERE held_for IS NOT NULL AND unsettled > 0;
