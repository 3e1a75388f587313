-- Attempts that failed are found in the log among millions that did not.
CREATE INDEX attempt_failed ON attempt (id) WHERE outcome > 0;
