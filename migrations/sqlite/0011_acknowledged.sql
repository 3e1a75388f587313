-- Clusters of failures that somebody has seen and takes care of.
CREATE TABLE acknowledged (
    cluster TEXT PRIMARY KEY,
    at      INTEGER NOT NULL,                         -- a failure after that is news
    note    TEXT
) STRICT, WITHOUT ROWID;
