-- How far an endpoint's rate is used up, in microseconds since the epoch; shared by all workers of the database.
ALTER TABLE endpoint ADD COLUMN rate_used_until INTEGER NOT NULL DEFAULT 0;
