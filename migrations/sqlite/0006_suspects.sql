-- Unanswered attempts: which deliveries are to blame for them rather than their endpoint.

-- The endpoint's answers when the delivery's first unanswered attempt ended, and how many unanswered attempts count.
ALTER TABLE delivery ADD COLUMN unanswered_at INTEGER;
ALTER TABLE delivery ADD COLUMN unanswered INTEGER NOT NULL DEFAULT 0;

-- Attempts that were answered, ever; that number when unanswered attempts last opened the circuit; whether a delivery that is no
-- suspect went unanswered since the last answer.
ALTER TABLE endpoint ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoint ADD COLUMN opened_after INTEGER;
ALTER TABLE endpoint ADD COLUMN doubted INTEGER NOT NULL DEFAULT 0;
