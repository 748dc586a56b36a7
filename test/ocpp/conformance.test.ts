import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { csmsActions, SEND_ACTION, stationActions } from "../../src/ocpp/actions.ts";
import { FRAME_MAX_LENGTH } from "../../src/ocpp/message.ts";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { validate } from "../../src/ocpp/schemas/validate.ts";
import { HttpPeer } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { everyMessage, invalidPayloads, seeded, validPayload } from "../support/ocpp-samples.ts";
import type { Frame, TestStation } from "../support/test-station.ts";

let alone: Kerbside;
let backed: Kerbside;
let csms: HttpPeer;
const answering = seeded(3);
beforeAll(async () => {
  csms = await HttpPeer.start();
  csms.reply = ({ body }) => {
    const { protocol, action } = JSON.parse(body);
    const payload = validPayload(protocol, action, "response", answering);
    // Any other status would close the door to what follows.
    return { body: { payload: action === "BootNotification" ? { ...payload, status: "Accepted" } : payload } };
  };
  [alone, backed] = await Promise.all([startKerbside(), startKerbside({ CSMS_URL: csms.url })]);
});
afterAll(async () => {
  await Promise.all([alone?.stop(), backed?.stop()]);
  await csms?.stop();
});

const NEEDS_CSMS = ["GetCertificateChainStatus", "VatNumberValidation"];
const named = (protocol: Protocol) => protocol.replace(/\W/g, "-");
const connect = (kerbside: Kerbside, name: string, protocol: Protocol): Promise<TestStation> =>
  kerbside.station(`${name}-${named(protocol)}`, { protocols: [protocol] });
const samples = (protocol: Protocol, action: string, direction: "request" | "response", seed: number) =>
  (["full", "some", "some"] as const).map((extent, i) =>
    validPayload(protocol, action, direction, seeded(seed + i), extent),
  );

/** At least three; a list of 1,025 is left out where it would be more than a frame holds. */
function invalidOf(protocol: Protocol, action: string, direction: "request" | "response", seed: number) {
  const fitting = invalidPayloads(protocol, action, direction, seeded(seed)).filter(
    ({ payload }) => JSON.stringify(payload).length < FRAME_MAX_LENGTH - 100,
  );
  expect(fitting.length, action).toBeGreaterThanOrEqual(3);
  return fitting;
}

/** Every action is tried by whichever of the workers is free. */
async function spread<T>(items: readonly T[], workers: ((item: T) => Promise<void>)[]): Promise<void> {
  const left = [...items];
  const run = async (work: (item: T) => Promise<void>) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(workers.map(run));
}

describe.each(PROTOCOLS)("%s", (protocol) => {
  const fromStation = stationActions(protocol);
  const fromCsms = csmsActions(protocol);

  test("knows every action that the OCA has a schema for, in its direction, and no other", () => {
    const schemas = new Set(everyMessage.filter((it) => it.protocol === protocol).map(({ action }) => action));
    const known = [...fromStation, ...fromCsms, ...(protocol === "ocpp2.1" ? [SEND_ACTION] : [])];
    expect([...new Set(known)].sort()).toEqual([...schemas].sort());
    const counts = { "ocpp1.6": [14, 26], "ocpp2.0.1": [25, 40], "ocpp2.1": [36, 55] };
    expect([fromStation.length, fromCsms.length]).toEqual(counts[protocol]);
  });

  test("without a CSMS every CALL of a station gets a CALLRESULT by the schema, or NotSupported where only a CSMS can say", async () => {
    const station = await connect(alone, "VALID", protocol);
    for (const action of fromStation) {
      for (const payload of samples(protocol, action, "request", 11)) {
        const [type, , code, description] = await station.call(action, payload);
        if (NEEDS_CSMS.includes(action)) {
          expect([type, code, description]).toEqual([4, "NotSupported", expect.stringContaining("needs a CSMS")]);
        } else {
          expect(type, `${action}: ${code} ${description}`).toBe(3);
          expect(validate(protocol, action, "response", code), action).toEqual([]);
        }
      }
    }
  });

  test("with a CSMS every CALL of a station gets a CALLRESULT by the schema", async () => {
    const station = await connect(backed, "VALID", protocol);
    for (const action of fromStation) {
      for (const payload of samples(protocol, action, "request", 23)) {
        const [type, , answer, description] = await station.call(action, payload);
        expect(type, `${action}: ${answer} ${description}`).toBe(3);
        expect(validate(protocol, action, "response", answer), action).toEqual([]);
      }
    }
    const asked = new Set(csms.requests.map(({ body }) => JSON.parse(body)).map(({ action }) => action));
    expect([...asked]).toEqual(expect.arrayContaining(["Authorize", "BootNotification", "DataTransfer"]));
    expect(asked).not.toContain("Heartbeat");
  });

  test("every invalid CALL of a station gets the version's code and the path", async () => {
    const station = await connect(alone, "INVALID", protocol);
    for (const action of fromStation) {
      for (const { payload, code, path, keyword } of invalidOf(protocol, action, "request", 31)) {
        const [type, , given, description, details] = await station.call(action, payload);
        expect([type, given, details], `${action} ${keyword} ${path}: ${description}`).toEqual([4, code, {}]);
        expect(description.startsWith(`${path || "/"}: `), `${action} ${keyword} ${path}: ${description}`).toBe(true);
        expect(description.length).toBeLessThanOrEqual(255);
      }
    }
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });

  test("every command reaches the station as it is, and its answer comes back or is an `error` that shows it", async () => {
    const workers = await Promise.all(
      ["A", "B", "C", "D"].map(async (letter) => {
        const station = await connect(alone, `COMMAND-${letter}`, protocol);
        const id = `COMMAND-${letter}-${named(protocol)}`;
        return (action: string) => tryCommand(protocol, id, station, action);
      }),
    );
    await spread(fromCsms, workers);
  });

  test("every invalid command is 422, with the path of the fault", async () => {
    const id = `COMMAND-A-${named(protocol)}`;
    const work = async (action: string): Promise<void> => {
      for (const { payload, path, keyword } of invalidOf(protocol, action, "request", 41)) {
        const { status, body } = await alone.command(id, action, payload);
        expect([status, body.type], `${action} ${keyword} ${path}`).toEqual([422, "/problems/invalid-request"]);
        const paths = body.errors.map((error: { path: string }) => error.path);
        expect(paths, `${action} ${keyword}`).toContainEqual(expect.stringMatching(new RegExp(`^/?payload${path}$`)));
      }
    };
    await spread(fromCsms, [work, work, work, work]);
  });

  test("an action of the other direction is NotSupported, an unknown one NotImplemented, both without a look at the payload", async () => {
    const station = await connect(alone, "DIRECTION", protocol);
    for (const action of fromCsms.filter((it) => !fromStation.includes(it))) {
      expect((await station.call(action, { any: "thing" }))[2], action).toBe("NotSupported");
    }
    for (const action of ["NoSuchAction", "heartbeat", "", "constructor", "__proto__", "toString", "x".repeat(5000)]) {
      const [type, , code, description] = await station.call(action, { any: "thing" });
      expect([type, code], action).toEqual([4, "NotImplemented"]);
      expect(description.length).toBeLessThanOrEqual(255);
    }
    expect((await station.call("Heartbeat"))[0]).toBe(3);
  });

  test("a command of the station's own direction, or of no version, is 422 at /action", async () => {
    const id = `COMMAND-B-${named(protocol)}`;
    const wrong = [...fromStation.filter((it) => !fromCsms.includes(it)), "NoSuchAction", "constructor", "__proto__"];
    for (const action of wrong) {
      const { status, body } = await alone.command(id, action, {});
      expect([status, body.errors[0].path], action).toEqual([422, "/action"]);
    }
  });

  test("DataTransfer of any vendor passes both ways", async () => {
    const station = await connect(backed, "VENDOR", protocol);
    const data = protocol === "ocpp1.6" ? '{"a":[1,null]}' : { a: [1, null, { "": true }], b: "\u0000" };
    const request = { vendorId: "com.example.nobody", messageId: "Anything", data };
    const [type, , answer] = await station.call("DataTransfer", request);
    expect([type, validate(protocol, "DataTransfer", "response", answer)]).toEqual([3, []]);
    expect(JSON.parse(csms.requests.at(-1)?.body ?? "").payload).toEqual(request);

    station.answerCalls(([, , , payload]) => ({ status: "Accepted", data: payload.data }));
    const { body } = await backed.command(`VENDOR-${named(protocol)}`, "DataTransfer", request);
    expect(body).toMatchObject({ state: "result", payload: { status: "Accepted", data } });
  });
});

async function tryCommand(protocol: Protocol, id: string, station: TestStation, action: string): Promise<void> {
  const ask = async (payload: unknown, answer: unknown): Promise<[body: Record<string, unknown>, call: Frame]> => {
    const pending = alone.command(id, action, payload);
    const call = await station.next();
    station.send([3, call[1], answer]);
    const { status, body } = await pending;
    expect(status, action).toBe(200);
    return [body, call];
  };
  const requests = samples(protocol, action, "request", 53);
  const responses = samples(protocol, action, "response", 59);
  for (const [i, request] of requests.entries()) {
    const [body, call] = await ask(request, responses[i]);
    expect(call).toEqual([2, body.commandId, action, request]);
    expect([body.state, body.payload], action).toEqual(["result", responses[i]]);
  }
  for (const { payload, code, path, keyword } of invalidOf(protocol, action, "response", 61)) {
    const [body] = await ask(requests[0], payload);
    const error = body.error as { code: string; description: string; details: unknown };
    expect([body.state, error.code], `${action} ${keyword} ${path}`).toEqual(["error", code]);
    expect(error.description.startsWith(`${path || "/"}: `), `${action}: ${error.description}`).toBe(true);
    expect(error.details).toEqual({ received: payload });
    if (protocol !== "ocpp2.1") continue;
    // [OCPP 2.1 P4 §4.2.4]
    expect(await station.next()).toEqual([5, body.commandId, code, error.description, {}]);
  }
}
