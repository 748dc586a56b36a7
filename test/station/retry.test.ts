import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/http-peers.ts";
import { CsmsSocket } from "../support/csms-socket.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { STATUS_16, type TestStation } from "../support/test-station.ts";

let kerbside: Kerbside;
beforeAll(async () => {
  kerbside = await startKerbside();
});
afterAll(async () => {
  await kerbside?.stop();
});

const pathOf = (id: string, commandId: string) => `/v1/stations/${id}/commands/${commandId}`;
const read = async (id: string, commandId: string) => (await kerbside.api("GET", pathOf(id, commandId))).body;

/** A command that the station got, and that waits to be sent again since the line broke before the answer. */
async function requeued(id: string, expiresInSeconds: number): Promise<{ commandId: string; station: TestStation }> {
  const station = await kerbside.station(id);
  const body = { action: "ClearCache", payload: {}, retry: "always", expiresInSeconds };
  const submitted = await kerbside.api("POST", `/v1/stations/${id}/commands`, body, { Prefer: "respond-async" });
  const { commandId } = submitted.body;
  expect((await station.next()).slice(0, 3)).toEqual([2, commandId, "ClearCache"]);
  station.kill();
  await until("it to wait again", async () => (await read(id, commandId)).state === "queued");
  return { commandId, station };
}

describe("A command with `retry: always` whose line broke before the answer", () => {
  test("is sent again under its messageId", async () => {
    const { commandId } = await requeued("AGAIN", 60);
    const station = await kerbside.station("AGAIN");
    expect(await station.next()).toEqual([2, commandId, "ClearCache", {}]);
    station.send([3, commandId, { status: "Accepted" }]);
    await until("the result", async () => (await read("AGAIN", commandId)).state === "result");
  });

  test("and whose time is over is a `timeout`, not `expired`: the station may have done it", async () => {
    const { commandId } = await requeued("OVER", 2);
    await until("its end", async () => (await read("OVER", commandId)).state !== "queued");
    const ended = await read("OVER", commandId);
    expect(ended.state).toBe("timeout");
    expect(Date.parse(ended.sentAt)).toBeLessThanOrEqual(Date.parse(ended.completedAt));
    const station = await kerbside.station("OVER");
    station.send([3, commandId, { status: "Accepted" }]);
    await until("the late answer", async () => (await read("OVER", commandId)).state === "result");
  });

  test("and that is cancelled is never sent again, and is a `timeout`", async () => {
    const { commandId } = await requeued("CALLED-OFF", 60);
    expect((await kerbside.api("DELETE", pathOf("CALLED-OFF", commandId))).status).toBe(204);
    expect((await read("CALLED-OFF", commandId)).state).toBe("timeout");
    const station = await kerbside.station("CALLED-OFF");
    await station.call("Heartbeat");
    expect(station.frames).toHaveLength(1);
  });
});

test("A CSMS on its own socket is not told again what it answered, though the station left and the object slept", async () => {
  const path = `ws://localhost:${kerbside.edge.port}/v1/stations/TOLD/csms`;
  const say = async (station: TestStation, from: number, count: number) => {
    for (let index = from; index < from + count; index++) {
      await station.call("StatusNotification", { ...STATUS_16, connectorId: index }, `e${index}`);
    }
  };
  const station = await kerbside.station("TOLD");
  const csms = await CsmsSocket.connect(path, kerbside.edge.apiKey, () => ({}));
  const isKept = async () => (await kerbside.api("GET", "/v1/stations/TOLD")).body.csms.backlog === 0;
  await say(station, 1, 3);
  await until("all of it", isKept);
  await station.close();
  await until("the end, and that it is passed over", async () => csms.standings.at(-1)?.online === false && isKept());
  await kerbside.edge.evict("TOLD");
  await say(await kerbside.station("TOLD", { register: false }), 4, 1);
  await until("the next", () => csms.calls().some(([, messageId]) => messageId === "e4"));
  expect(csms.calls().map(([, messageId]) => messageId)).toEqual(["e1", "e2", "e3", "e4"]);
  csms.end();
});
