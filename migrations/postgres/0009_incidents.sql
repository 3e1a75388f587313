-- What is or was wrong, since when: one row for as long as it lasts.
CREATE TABLE incident (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL UNIQUE,            -- tells it apart from those of other queues, too
    kind         text NOT NULL,
    subject      text NOT NULL,                   -- the endpoint, file or whatever it is about
    severity     bigint NOT NULL,
    event_type   text,
    reason       text NOT NULL,
    remedy       text NOT NULL,                   -- the next command
    count        bigint NOT NULL,                 -- how many deliveries it is about
    opened_at    bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    resolved_at  bigint
);
CREATE UNIQUE INDEX incident_open ON incident (kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX incident_resolved ON incident (resolved_at);

-- What each receiver of alerts was told of an incident.
CREATE TABLE notice (
    incident         bigint NOT NULL,
    sink             text NOT NULL,
    told_open_at     bigint,
    told_severity    bigint NOT NULL,             -- how it stood then
    told_count       bigint NOT NULL,
    told_resolved_at bigint,
    failures         bigint NOT NULL,             -- in a row
    failed_at        bigint,
    error            text,
    next_at          bigint,                      -- until when nobody else tells it
    PRIMARY KEY (incident, sink)
);
