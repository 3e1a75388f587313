-- What was received in each minute, by route: what inbound health looks at.
CREATE TABLE received_rate (
    minute   INTEGER NOT NULL,
    route    TEXT NOT NULL,
    reason   TEXT NOT NULL,                        -- why it was refused; empty for what was accepted
    count    INTEGER NOT NULL,
    skew_sum INTEGER NOT NULL DEFAULT 0,           -- milliseconds by which signed times lay behind our clock, summed up
    skews    INTEGER NOT NULL DEFAULT 0,           -- how many signed times that were right were measured
    PRIMARY KEY (minute, route, reason)
) STRICT, WITHOUT ROWID;

-- What else is known of a refused webhook. What it claims is not verified unless `signature` is 1.
ALTER TABLE received ADD COLUMN route TEXT;
ALTER TABLE received ADD COLUMN scheme TEXT;
ALTER TABLE received ADD COLUMN signature INTEGER;    -- 1 right, 0 wrong, null not looked at
ALTER TABLE received ADD COLUMN claimed_id TEXT;
ALTER TABLE received ADD COLUMN claimed_type TEXT;
ALTER TABLE received ADD COLUMN field TEXT;           -- the first field that was wrong
ALTER TABLE received ADD COLUMN skew_ms INTEGER;      -- how far the signed time lay behind our clock
ALTER TABLE received ADD COLUMN request INTEGER;      -- the kept request

-- Refused requests, kept whole for a while so that they can be verified by hand and accepted again.
CREATE TABLE request (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          INTEGER NOT NULL,
    source      TEXT NOT NULL,
    route       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    headers     TEXT NOT NULL,                        -- JSON: pairs of name and value, a character for each byte
    body        BLOB NOT NULL,
    bytes       INTEGER NOT NULL,
    replayed_at INTEGER,
    result      TEXT                                  -- what became of it when it was replayed
) STRICT;
CREATE INDEX request_source ON request (source, id);
