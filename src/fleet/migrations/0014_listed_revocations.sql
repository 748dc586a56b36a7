-- Of what a backend told: the reason by which the list of its CA names it too. When the backend takes its word back, that stands.
ALTER TABLE revocations ADD COLUMN listed TEXT;
CREATE INDEX revocations_told_and_listed ON revocations (issuer, serial_number) WHERE listed IS NOT NULL;
