/**
 * One day of a station, as a backend and the station see it, in which every call that a Worker makes on an object is made. Must not
 * know what is expected: it is played on each release that is recorded, and again on this one.
 */
import { BOOT_16, STATUS_16, TestStation } from "../support/test-station.ts";

export const STATION = "FORMATS-1";
const at = `/v1/stations/${STATION}`;

export interface HttpRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** What one step asks for: by HTTP, by a station's upgrade, or of the object at once. */
export type Step =
  | {
      kind: "http";
      name: string;
      request: HttpRequest /** Asks for the command that was made last. */;
      ofCommand?: true;
    }
  | { kind: "connect"; name: string; password?: string; refused?: true }
  | { kind: "call"; name: string; method: string; args: unknown[] };

const http = (name: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Step => ({
  kind: "http",
  name,
  request: {
    method,
    path,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
  },
});
const ofCommand = (name: string, method: string): Step => ({
  kind: "http",
  name,
  request: { method, path: `${at}/commands/`, headers: {} },
  ofCommand: true,
});
const call = (name: string, method: string, ...args: unknown[]): Step => ({ kind: "call", name, method, args });

const command = { action: "GetConfiguration", payload: { key: ["HeartbeatInterval"] } };
const PASSWORD = "correct horse battery staple";

export const STEPS: readonly Step[] = [
  http("a registration", "PUT", at, { securityProfile: 0, labels: { site: "one" } }),
  http("a view of who is not there", "GET", at),
  http("a command to who is not there", "POST", `${at}/commands`, command),
  http("a command that waits", "POST", `${at}/commands`, { ...command, expiresInSeconds: 600 }),
  ofCommand("a cancellation", "DELETE"),
  { kind: "connect", name: "a connection" },
  http("a view of who is there", "GET", at),
  http("a command", "POST", `${at}/commands`, command, { "idempotency-key": "one" }),
  http("the same once more", "POST", `${at}/commands`, command, { "idempotency-key": "one" }),
  http("another under its key", "POST", `${at}/commands`, { ...command, payload: {} }, { "idempotency-key": "one" }),
  http("a command that is not valid", "POST", `${at}/commands`, { action: "Reset", payload: {} }),
  ofCommand("a command's outcome", "GET"),
  ofCommand("a cancellation that comes too late", "DELETE"),
  http("the commands", "GET", `${at}/commands?limit=2`),
  http("a change", "PUT", at, { securityProfile: 1, password: PASSWORD }),
  http("a disconnection", "POST", `${at}/disconnect`),
  { kind: "connect", name: "a connection with a wrong password", password: "wrong", refused: true },
  { kind: "connect", name: "a connection with its password", password: PASSWORD },
  call("a refusal in front", "reportRefusal", "certificate-revoked", "192.0.2.1"),
  call("a replay", "deliverSoon", "order-1"),
  call("a question how it stands", "sayAgain"),
  call("a look", "lookAt"),
  call("a listing", "list"),
  http("a deregistration", "DELETE", at),
];

/** A station that answers what it is asked. */
export async function connectedStation(port: number, password?: string): Promise<TestStation> {
  const station = await TestStation.connect({
    url: `ws://localhost:${port}/ocpp/${STATION}`,
    ...(password !== undefined && { user: STATION, password }),
  });
  station.answerCalls(([, , action]) => (action === "GetConfiguration" ? { configurationKey: [] } : undefined));
  await station.call("BootNotification", BOOT_16);
  await station.call("StatusNotification", STATUS_16);
  return station;
}
