-- What is or was wrong, since when: one row for as long as it lasts.
CREATE TABLE incident (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL UNIQUE,             -- tells it apart from those of other queues, too
    kind         TEXT NOT NULL,
    subject      TEXT NOT NULL,                    -- the endpoint, file or whatever it is about
    severity     INTEGER NOT NULL,
    event_type   TEXT,
    reason       TEXT NOT NULL,
    remedy       TEXT NOT NULL,                    -- the next command
    count        INTEGER NOT NULL,                 -- how many deliveries it is about
    opened_at    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    resolved_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX incident_resolved ON incident (resolved_at);

-- What each receiver of alerts was told of an incident.
CREATE TABLE notice (
    incident         INTEGER NOT NULL,
    sink             TEXT NOT NULL,
    told_open_at     INTEGER,
    told_severity    INTEGER NOT NULL,             -- how it stood then
    told_count       INTEGER NOT NULL,
    told_resolved_at INTEGER,
    failures         INTEGER NOT NULL,             -- in a row
    failed_at        INTEGER,
    error            TEXT,
    next_at          INTEGER,                      -- until when nobody else tells it
    PRIMARY KEY (incident, sink)
) STRICT, WITHOUT ROWID;
