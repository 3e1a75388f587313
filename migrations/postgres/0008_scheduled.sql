-- Events that are sent at a time of their own: until then they have no deliveries.
CREATE TABLE scheduled (
    event        bigint PRIMARY KEY,
    at           bigint NOT NULL,
    queued_at    bigint,                          -- since when it has deliveries
    cancelled_at bigint
);
CREATE INDEX scheduled_at ON scheduled (at, event) WHERE queued_at IS NULL AND cancelled_at IS NULL;

-- Events that were made from others by editing their data.
CREATE TABLE edited (
    event      bigint PRIMARY KEY,
    from_event bigint NOT NULL
);
CREATE INDEX edited_from ON edited (from_event);
