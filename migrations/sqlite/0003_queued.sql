-- A new delivery is queued (state -1) until a claim looks at it, in order of its id: then it is sent, or enters its lane as blocked.
-- So no index of what is under way grows with what is queued. An index ends with the row's id without being told.

DROP INDEX delivery_due;
DROP INDEX delivery_solo;
DROP INDEX delivery_owner;
DROP INDEX delivery_lane;
-- What a claim reads: what is due, endpoint by endpoint and longest due first, then what is queued in the order of emission.
CREATE INDEX delivery_due ON delivery (endpoint, due_at) WHERE state = 1;
CREATE INDEX delivery_solo ON delivery (due_at) WHERE state = 2;
CREATE INDEX delivery_queued ON delivery (endpoint, id, lane) WHERE state = -1;
-- What is in a lane: waiting, and in flight.
CREATE INDEX delivery_lane ON delivery (endpoint, lane) WHERE state >= 0 AND state < 3;
CREATE INDEX delivery_flight ON delivery (endpoint, lane) WHERE state = 3;
