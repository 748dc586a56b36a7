import { expect, test } from "vitest";
import { type Transport, transportOf } from "../../src/security/transport.ts";

test.each<[string, string[], Transport]>([
  ["http://ocpp.example/ocpp/CS001", [], "http"],
  ["http://mtls.example/ocpp/CS001", ["mtls.example"], "http"],
  ["https://ocpp.example/ocpp/CS001", [], "tls"],
  ["https://ocpp.example/ocpp/CS001", ["mtls.example"], "tls"],
  ["https://mtls.example/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example/ocpp/CS001", ["other.example", "mtls.example"], "mtls"],
  ["https://mtls.example:8443/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://MTLS.example/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example/ocpp/CS001", ["MTLS.Example"], "mtls"],
  ["https://mtls.example./ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example.:8444/ocpp/CS001", ["mtls.example:8444"], "mtls"],
  ["https://mtls.example/ocpp/CS001", ["mtls.example:443"], "mtls"],
  ["https://localhost:8444/ocpp/CS001", ["localhost:8444"], "mtls"],
  ["https://localhost:8443/ocpp/CS001", ["localhost:8444"], "tls"],
  ["https://localhost/ocpp/CS001", ["localhost:8444"], "tls"],
  ["https://mtls.example.evil.example/ocpp/CS001", ["mtls.example"], "tls"],
  ["https://evil.example/ocpp/mtls.example", ["mtls.example"], "tls"],
  ["https://mtls.example@evil.example/ocpp/CS001", ["mtls.example"], "tls"],
])("%s, where %j ask for certificates, is %s", (url, hosts, transport) => {
  expect(transportOf(new URL(url), hosts)).toBe(transport);
});
