-- A new delivery is queued (state -1) until a claim looks at it, in order of its id: then it is sent, or enters its lane as blocked.
-- So the index of the lanes holds what is in flight, waits for a retry or is blocked, and stays small however much is queued.

DROP INDEX delivery_lane;
CREATE INDEX delivery_lane ON delivery (endpoint, lane, id) WHERE state >= 0 AND state < 4;
CREATE INDEX delivery_queued ON delivery (endpoint, id, lane) WHERE state = -1;
