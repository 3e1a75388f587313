-- Events that are sent at a time of their own: until then they have no deliveries.
CREATE TABLE scheduled (
    event        INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    queued_at    INTEGER,                             -- since when it has deliveries
    cancelled_at INTEGER
) STRICT;
CREATE INDEX scheduled_at ON scheduled (at) WHERE queued_at IS NULL AND cancelled_at IS NULL;

-- Events that were made from others by editing their data.
CREATE TABLE edited (
    event      INTEGER PRIMARY KEY,
    from_event INTEGER NOT NULL
) STRICT;
CREATE INDEX edited_from ON edited (from_event);
