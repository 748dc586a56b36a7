-- A station's database as the release with schema 1 left it: registered, with an undelivered event, a queued and a settled command.
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE log (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE commands (
  id TEXT PRIMARY KEY, action TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL, outcome TEXT,
  created_at INTEGER NOT NULL, sent_at INTEGER, completed_at INTEGER,
  timeout_ms INTEGER NOT NULL, expires_at INTEGER NOT NULL, keep_offline INTEGER NOT NULL, retry TEXT NOT NULL,
  idempotency_key TEXT, body_digest TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX commands_by_key ON commands (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX commands_queued ON commands (id) WHERE state = 'queued';
INSERT INTO facts VALUES ('schema', '1');
INSERT INTO facts VALUES ('registration', '{"securityProfile":0,"protocols":["ocpp1.6"],"assumeProtocol":false,"labels":{"site":"old"},"password":null,"certificate":{"commonName":"OLD1"},"incarnation":"11111111-2222-4333-8444-555555555555"}');
INSERT INTO facts VALUES ('connection', '{"id":"66666666-7777-4888-8999-000000000000","protocol":"ocpp1.6","securityProfile":0,"since":1795000000000,"remoteAddress":"192.0.2.1","certificate":null}');
INSERT INTO facts VALUES ('delivery', '{"cursors":{},"status":{"boot":{"status":"Accepted","at":"2026-11-18T11:06:40.000Z","intervalSeconds":300,"vendor":"Old","model":"One"},"connectors":[{"connectorId":1,"status":"Available","errorCode":"NoError"}]},"statusSequence":2}');
INSERT INTO log VALUES (1, 1795000000000, 'ocpp.station.connected', '{"connectionId":"66666666-7777-4888-8999-000000000000","protocol":"ocpp1.6","securityProfile":0,"remoteAddress":"192.0.2.1","since":"2026-11-18T11:06:40.000Z","certificate":null}');
INSERT INTO log VALUES (2, 1795000001000, 'ocpp.call', '{"protocol":"ocpp1.6","messageId":"1","action":"BootNotification","payload":{"chargePointVendor":"Old","chargePointModel":"One"},"answer":{"currentTime":"2026-11-18T11:06:41.000Z","interval":300,"status":"Accepted"},"answeredBy":"edge"}');
INSERT INTO log VALUES (3, 1795000002000, 'ocpp.call', '{"protocol":"ocpp1.6","messageId":"2","action":"StatusNotification","payload":{"connectorId":2,"errorCode":"NoError","status":"Charging"},"answer":{},"answeredBy":"edge"}');
INSERT INTO commands VALUES ('019ed600-0000-7000-8000-000000000001', 'ClearCache', '{}', 'result', '{"state":"result","payload":{"status":"Accepted"}}', 1795000003000, 1795000003000, 1795000003100, 30000, 1795000033000, 0, 'never', 'key-1', 'aa');
INSERT INTO commands VALUES ('019ed600-0000-7000-8000-000000000002', 'Reset', '{"type":"Soft"}', 'queued', NULL, 1795000004000, NULL, NULL, 30000, 4102444800000, 1, 'never', NULL, NULL);
