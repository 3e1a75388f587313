-- Events of one resource are found among millions.
CREATE INDEX event_resource ON event (resource_id);
