-- Sessions of people who operate the queue. Names and tokens are kept as hashes that give neither away.
CREATE TABLE session (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     BLOB NOT NULL UNIQUE,                 -- the hash of the cookie
    token    BLOB NOT NULL,                        -- the hash of the cookie and the token it began with
    operator TEXT NOT NULL,                        -- whose token that is
    source   TEXT NOT NULL,                        -- the address it began at
    began_at INTEGER NOT NULL,
    until    INTEGER NOT NULL
) STRICT;

-- What people did to the queue over HTTP, noted before it was done.
CREATE TABLE operator_action (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    operator TEXT NOT NULL,
    source   TEXT NOT NULL,                        -- the address it was asked from
    action   TEXT NOT NULL,
    target   TEXT NOT NULL,                        -- what it was done to
    outcome  TEXT                                  -- what came of it; null while it is under way
) STRICT;
