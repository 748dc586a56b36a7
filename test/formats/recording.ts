/**
 * What a release says to its objects, its queue and its sockets, recorded from outside. Must not know what another release makes of it.
 */
import { SECRET, HttpPeer, until } from "../support/http-peers.ts";
import type { ApiAnswer, Kerbside } from "../support/kerbside.ts";
import type { TestStation } from "../support/test-station.ts";
import { connectedStation, type HttpRequest, STATION, type Step, STEPS } from "./scenario.ts";

export interface RecordedCall {
  method: string;
  args: unknown[];
  answer: unknown;
}

export interface RecordedStep {
  step: { name: string; kind: Step["kind"]; password?: string; refused?: true };
  /** What was asked for by HTTP, as it was. */
  request: HttpRequest | null;
  answer: { status: number; body: unknown } | null;
  calls: RecordedCall[];
}

export interface Recording {
  steps: RecordedStep[];
  /** Messages of the queue TRANSITIONS. */
  queued: unknown[];
  /** What the webhook registry answers an object. */
  webhooks: unknown[];
  /** Of a station amid all that may be under way: what rides with its socket, and the rows of its database. */
  attachment: unknown;
  rows: { facts: { key: string; value: string }[]; log: Record<string, unknown>[] };
}

export const formats = async ({ edge }: Kerbside, what: string, body?: unknown): Promise<unknown> => {
  const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${edge.httpUrl}/formats/${what}`, init);
  if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
  return response.json();
};

export async function record(kerbside: Kerbside): Promise<Recording> {
  const receiver = await HttpPeer.start();
  try {
    const left = await underWay(kerbside, receiver);
    await formats(kerbside, "recorded");
    const steps: RecordedStep[] = [];
    const queued: unknown[] = [];
    let station: TestStation | null = null;
    let commandId = "";
    for (const step of STEPS) {
      const request = step.kind === "http" ? requestOf(step, commandId) : null;
      let answer: ApiAnswer | null = null;
      if (request !== null) answer = await ask(kerbside, request);
      if (step.kind === "call" && !(await isCalled(kerbside, step))) continue;
      if (step.kind === "connect") {
        const connected = connectedStation(kerbside.edge.port, step.password);
        if (step.refused === undefined) station = await connected;
        else await connected.catch(() => {});
      }
      commandId = answer?.body?.commandId ?? commandId;
      // What a step leaves to the queue comes a little later.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const recorded = (await formats(kerbside, "recorded")) as { calls: RecordedCall[]; queued: unknown[] };
      queued.push(...recorded.queued);
      const shown = answer && { status: answer.status, body: answer.body === "" ? null : answer.body };
      const { name, kind } = step;
      const how = step.kind === "connect" ? step : { name, kind };
      steps.push({ step: how, request, answer: shown, calls: recorded.calls });
    }
    station?.kill();
    return { steps, queued, ...left };
  } finally {
    await receiver.stop();
  }
}

/** `false`: this release has no such call. */
const isCalled = (kerbside: Kerbside, step: Step & { kind: "call" }): Promise<boolean> =>
  formats(kerbside, `call?station=${STATION}`, step).then(
    () => true,
    (error: unknown) => {
      if (/does not implement/.test(String(error))) return false;
      throw error;
    },
  );

const requestOf = ({ request, ofCommand }: Step & { kind: "http" }, commandId: string): HttpRequest =>
  ofCommand ? { ...request, path: request.path + commandId } : request;

const ask = ({ api }: Kerbside, { method, path, body, headers }: HttpRequest) => api(method, path, body, headers);

/** A station that was answered, delivered from and asked, and that has not answered yet; another command waits. */
export async function underWay(kerbside: Kerbside, receiver: HttpPeer) {
  await kerbside.api("PUT", "/v1/webhooks/recorder", { url: receiver.url, secret: SECRET });
  const id = "FORMATS-2";
  const station = await kerbside.station(id);
  await station.call("BootNotification", { chargePointVendor: "Kerbside", chargePointModel: "Formats" });
  const start = { connectorId: 1, idTag: "TAG", meterStart: 0, timestamp: "2026-11-28T12:00:00Z" };
  await station.call("StartTransaction", start);
  await until("the events", () => receiver.requests.length > 0);
  await station.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging" });
  const waiting = { timeoutSeconds: 120, expiresInSeconds: 600 };
  const prefer = { prefer: "respond-async" };
  const command = (action: string, payload: unknown) =>
    kerbside.api("POST", `/v1/stations/${id}/commands`, { action, payload, ...waiting }, prefer);
  await command("TriggerMessage", { requestedMessage: "Heartbeat" });
  await station.next();
  await command("ClearCache", {});
  await station.call("Heartbeat");
  // Until what it delivered rides with the socket too.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [attachment] = (await formats(kerbside, `attachment?station=${id}`)) as unknown[];
  const rows = (await formats(kerbside, `rows?station=${id}`)) as Recording["rows"];
  const webhooks = (await formats(kerbside, "webhooks")) as unknown[];
  station.kill();
  return { attachment, rows, webhooks };
}
