-- Of the connection that there is: its certificate under the other signature that anybody can make of its own (security/x509/twin.ts).
-- Looked for only where a fingerprint is revoked: an index would cost a write with each connection.
ALTER TABLE stations ADD COLUMN certificate_twin_key TEXT;
