-- States of a delivery: 0 blocked, 1 ready, 2 solo, 3 processing, 4 delivered, 5 failed. Below 4 it is unfinished.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE kind (
    id            INTEGER PRIMARY KEY,
    type          TEXT NOT NULL,
    resource_type TEXT NOT NULL,
    UNIQUE (type, resource_type)
) STRICT;

-- The body is what is signed and sent. It stands apart from delivery, so that a change of state rewrites few bytes.
CREATE TABLE event (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    kind        INTEGER NOT NULL,
    resource_id TEXT NOT NULL,
    timestamp   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    body        BLOB NOT NULL
) STRICT;

CREATE TABLE endpoint (
    id                INTEGER PRIMARY KEY,
    name              TEXT NOT NULL UNIQUE,
    url               TEXT NOT NULL,
    settings          TEXT NOT NULL,
    configured        INTEGER NOT NULL,
    paused_by         INTEGER,                      -- 1 operator, 2 configuration, 3 answered 410
    strikes           INTEGER NOT NULL DEFAULT 0,
    rest_since        INTEGER,
    rest_until        INTEGER,
    rest_probes       INTEGER NOT NULL DEFAULT 0,
    rest_cause        INTEGER NOT NULL DEFAULT 0,   -- 0 unanswered, 1 Retry-After
    probe             INTEGER,                      -- the delivery that is probing the rest
    awake_since       INTEGER NOT NULL,
    last_success_at   INTEGER,
    last_failure_at   INTEGER,
    -- Figures, kept in the transactions that change them.
    pending           INTEGER NOT NULL DEFAULT 0,
    processing        INTEGER NOT NULL DEFAULT 0,
    delivered         INTEGER NOT NULL DEFAULT 0,
    failed            INTEGER NOT NULL DEFAULT 0,
    troubled          INTEGER NOT NULL DEFAULT 0,   -- unfinished with a failed attempt, or failed
    troubled_attempts INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE delivery (
    id            INTEGER PRIMARY KEY,
    event         INTEGER NOT NULL,
    endpoint      INTEGER NOT NULL,
    lane          INTEGER NOT NULL,                 -- a hash of the resource: order is kept within it
    state         INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,       -- made or under way, never reset
    used          INTEGER NOT NULL DEFAULT 0,       -- of those the policy allows; reset by a replay
    failures      INTEGER NOT NULL DEFAULT 0,       -- attempts that failed, never reset
    interruptions INTEGER NOT NULL DEFAULT 0,       -- in a row
    trigger       INTEGER NOT NULL DEFAULT 0,       -- 0 initial, 1 automatic, 2 manual, 3 bulk
    owner         INTEGER,
    reason        INTEGER                           -- why it failed
) STRICT;

-- What a claim reads: heads only, endpoint by endpoint, as they are claimed.
CREATE INDEX delivery_due ON delivery (endpoint, due_at, id) WHERE state = 1;
CREATE INDEX delivery_solo ON delivery (due_at, id) WHERE state = 2;
CREATE INDEX delivery_owner ON delivery (owner, id) WHERE state = 3;
CREATE INDEX delivery_lane ON delivery (endpoint, lane, id) WHERE state < 4;
CREATE INDEX delivery_failed ON delivery (id) WHERE state = 5;
CREATE INDEX delivery_troubled ON delivery (id) WHERE failures > 0 AND state < 4;
CREATE INDEX delivery_event ON delivery (event);

CREATE TABLE attempt (
    id         INTEGER PRIMARY KEY,
    delivery   INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    trigger    INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    took_us    INTEGER NOT NULL,
    outcome    INTEGER NOT NULL,                    -- 0 delivered, 1 rejected, 2 unreachable, 3 refused, 4 timed out, 5 interrupted
    status     INTEGER,
    detail     TEXT NOT NULL,
    response   BLOB
) STRICT;
CREATE INDEX attempt_delivery ON attempt (delivery, number);

-- Attempts that ended in a minute; interrupted ones are left out.
CREATE TABLE rate (
    minute    INTEGER NOT NULL,
    endpoint  INTEGER NOT NULL,
    kind      INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    PRIMARY KEY (minute, endpoint, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token      TEXT NOT NULL UNIQUE,                -- names the owner file whose lock proves that the run lives
    pid        INTEGER NOT NULL,
    command    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    claimed    INTEGER NOT NULL DEFAULT 0,
    delivered  INTEGER NOT NULL DEFAULT 0,
    retried    INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    exit       INTEGER                              -- null while it lives, and for ever when it was killed
) STRICT;
CREATE INDEX run_open ON run (id) WHERE ended_at IS NULL;

CREATE TABLE figure (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO figure VALUES ('events', 0);
