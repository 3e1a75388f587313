-- A checksum of what is sent of an event, so that bytes which changed on the disk are never signed and sent as if they were right.
-- Events stored before have none.
ALTER TABLE event ADD COLUMN checksum INTEGER;
