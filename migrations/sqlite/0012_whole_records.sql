-- Whole records: what endpoints with payload = "full" are sent of an event, beside its own body. Rendered once, like that.
CREATE TABLE whole_record (
    event    INTEGER PRIMARY KEY,
    body     BLOB NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

-- Whether it is the whole record that is sent, and the event that replaced the delivery (state 6, superseded).
ALTER TABLE delivery ADD COLUMN whole_record INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN superseded_by INTEGER;
CREATE INDEX delivery_whole_record ON delivery (endpoint, lane) WHERE state = -1 AND whole_record = 1;
ALTER TABLE endpoint ADD COLUMN superseded INTEGER NOT NULL DEFAULT 0;

-- The event's place in a trace: `traceparent` of W3C Trace Context.
ALTER TABLE event ADD COLUMN traceparent TEXT;
