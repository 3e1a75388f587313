-- Whole records: what endpoints with payload = "full" are sent of an event, beside its own body. Rendered once, like that.
CREATE TABLE whole_record (
    event    bigint PRIMARY KEY,
    checksum bigint NOT NULL,
    body     bytea NOT NULL
);
ALTER TABLE whole_record ALTER COLUMN body SET STORAGE EXTERNAL;

-- Whether it is the whole record that is sent, and the event that replaced the delivery (state 3, superseded).
ALTER TABLE delivery ADD COLUMN whole_record boolean NOT NULL DEFAULT false, ADD COLUMN superseded_by bigint;
ALTER TABLE queue ADD COLUMN whole_record boolean NOT NULL DEFAULT false;
CREATE INDEX queue_whole_record ON queue (endpoint, lane) WHERE whole_record;
ALTER TABLE tally ADD COLUMN superseded bigint NOT NULL DEFAULT 0;

-- The event's place in a trace: `traceparent` of W3C Trace Context.
ALTER TABLE event ADD COLUMN traceparent text;
