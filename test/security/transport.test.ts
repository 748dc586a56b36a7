import { expect, test } from "vitest";
import { mtlsHost, type Transport, transportOf } from "../../src/security/transport.ts";

test.each<[string, string[], Transport]>([
  ["http://ocpp.example/ocpp/CS001", [], "http"],
  ["http://mtls.example/ocpp/CS001", ["mtls.example"], "mtls"],
  ["http://mtls.example./ocpp/CS001", ["mtls.example"], "mtls"],
  ["http://mtls.example:8080/ocpp/CS001", ["mtls.example"], "mtls"],
  ["http://localhost:8080/ocpp/CS001", ["localhost:8444"], "http"],
  ["http://localhost:8444/ocpp/CS001", ["localhost:8444"], "mtls"],
  ["https://ocpp.example/ocpp/CS001", [], "tls"],
  ["https://ocpp.example/ocpp/CS001", ["mtls.example"], "tls"],
  ["https://mtls.example/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example/ocpp/CS001", ["other.example", "mtls.example"], "mtls"],
  ["https://mtls.example:8443/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://MTLS.example/ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example./ocpp/CS001", ["mtls.example"], "mtls"],
  ["https://mtls.example.:8444/ocpp/CS001", ["mtls.example:8444"], "mtls"],
  ["https://localhost:8444/ocpp/CS001", ["localhost:8444"], "mtls"],
  ["https://localhost:8443/ocpp/CS001", ["localhost:8444"], "tls"],
  ["https://localhost/ocpp/CS001", ["localhost:8444"], "tls"],
  ["https://mtls.example.evil.example/ocpp/CS001", ["mtls.example"], "tls"],
  ["https://evil.example/ocpp/mtls.example", ["mtls.example"], "tls"],
  ["https://mtls.example@evil.example/ocpp/CS001", ["mtls.example"], "tls"],
])("%s, where %j ask for certificates, is %s", (url, hosts, transport) => {
  expect(transportOf(new URL(url), hosts)).toBe(transport);
});

test.each([
  ["mtls.example", "mtls.example"],
  ["MTLS.Example", "mtls.example"],
  ["mtls.example:443", "mtls.example"],
  ["localhost:8444", "localhost:8444"],
  ["[2001:db8::1]:8444", "[2001:db8::1]:8444"],
  ["mtls.example.", null],
  ["mtls..example", null],
  ["*.example", null],
  ["https://mtls.example", null],
  ["mtls.example/ocpp", null],
  ["mtls.example:", null],
  ["-mtls.example", null],
])("The entry %j of MTLS_HOSTS names the host %j", (entry, host) => {
  expect(mtlsHost(entry)).toBe(host);
});
