-- What is known of each resource. `body` holds every field with its stamp; the columns beside it are taken from it, so that
-- the database can search, sort and page.
CREATE TABLE record (
    seq         INTEGER PRIMARY KEY,
    kind        INTEGER NOT NULL,                 -- 0 enrollment, 1 user, 2 progress
    id          TEXT NOT NULL,
    present     INTEGER NOT NULL,                 -- 0 while it is deleted
    name        TEXT,                             -- in lower case
    email       TEXT,                             -- in lower case
    user_id     TEXT,
    course_id   TEXT,
    created_at  INTEGER NOT NULL,
    received_at INTEGER,                          -- when a webhook about it last arrived
    last_event  INTEGER,                          -- the latest event emitted about it
    body        TEXT NOT NULL,
    UNIQUE (kind, id)
) STRICT;
CREATE INDEX record_seq ON record (kind, seq) WHERE present;
CREATE INDEX record_name ON record (kind, name, seq) WHERE present;
CREATE INDEX record_email ON record (kind, email, seq) WHERE present;
CREATE INDEX record_created ON record (kind, created_at, seq) WHERE present;
CREATE INDEX record_user ON record (kind, user_id, seq) WHERE present AND user_id IS NOT NULL;
CREATE INDEX record_course ON record (kind, course_id, seq) WHERE present AND course_id IS NOT NULL;

-- Webhooks that arrived: the memory of ids, and the inbound part of the audit log.
CREATE TABLE received (
    id          INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    result      INTEGER NOT NULL,                 -- 0 applied, 1 stale, 2 conflict, 3 refused, 4 further refusals of that minute
    event_id    TEXT,
    kind        INTEGER,
    resource_id TEXT,
    timestamp   INTEGER,                          -- the event's own; null when it brought none
    digest      BLOB,                             -- of type, resource and data; of the whole body when refused
    reason      TEXT,
    source      TEXT,                             -- the address it came from
    repeats     INTEGER NOT NULL DEFAULT 0        -- how often the same came again
) STRICT;
CREATE INDEX received_event ON received (event_id) WHERE result < 2;
CREATE INDEX received_refused ON received (reason, at) WHERE result >= 2;
