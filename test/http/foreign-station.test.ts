import { once } from "node:events";
import { RPCClient } from "ocpp-rpc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROTOCOLS, type Protocol } from "../../src/ocpp/protocol.ts";
import { until } from "../support/http-peers.ts";
import { type Kerbside, startKerbside } from "../support/kerbside.ts";
import { BOOT_16, BOOT_2X } from "../support/test-station.ts";
import { certificateOf, portOf, type Transport } from "../support/transports.ts";

const PASSWORD = "correct horse battery";

let kerbside: Kerbside;
const stations: RPCClient[] = [];
beforeAll(async () => {
  kerbside = await startKerbside();
});
afterAll(async () => {
  await Promise.all(stations.map((station) => station.close({ force: true })));
  await kerbside?.stop();
});

const view = async (id: string) => (await kerbside.api("GET", `/v1/stations/${encodeURIComponent(id)}`)).body;

interface Options {
  identity: string;
  protocols: Protocol[];
  transport?: Transport;
  password?: string;
  certificate?: object;
}

/** A station nobody here wrote, strict about every message in both directions. */
function foreign({ identity, protocols, transport = "http", password, certificate }: Options): RPCClient {
  const scheme = transport === "http" ? "ws" : "wss";
  const options = {
    endpoint: `${scheme}://localhost:${portOf(kerbside, transport)}/ocpp`,
    identity,
    protocols,
    // Its own 2.1 schemas bear names under which it does not find them.
    strictMode: protocols.filter((protocol) => protocol !== "ocpp2.1"),
    backoff: { initialDelay: 20, maxDelay: 100 },
    wsOpts: { ca: kerbside.edge.pki.rootPem, ...certificate },
    ...(password !== undefined && { password }),
  };
  // Its types ask for every option, though each has a default.
  const station = new RPCClient(options as unknown as ConstructorParameters<typeof RPCClient>[0]);
  stations.push(station);
  return station;
}

const RESET: Record<Protocol, object> = {
  "ocpp1.6": { type: "Soft" },
  "ocpp2.0.1": { type: "Immediate" },
  "ocpp2.1": { type: "Immediate" },
};
const boot = (protocol: Protocol) => (protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X);

const PROFILES: [number, Transport][] = [
  [0, "http"],
  [1, "http"],
  [2, "tls"],
  [3, "mtls"],
];

describe.each(PROTOCOLS)("ocpp-rpc's station that speaks %s", (protocol) => {
  test.each(PROFILES)(
    "boots, beats, is commanded and comes back on profile %i over %s",
    async (securityProfile, transport) => {
      const identity = `RPC ${protocol} ${securityProfile}`;
      const password = securityProfile === 1 || securityProfile === 2 ? { password: PASSWORD } : {};
      await kerbside.register(identity, { securityProfile, ...password });
      const certificate = securityProfile === 3 ? await certificateOf(kerbside, identity) : {};
      const station = foreign({ identity, protocols: [protocol], transport, certificate, ...password });
      const resets: unknown[] = [];
      station.handle("Reset", async ({ params }) => {
        resets.push(params);
        return { status: "Accepted" };
      });

      await station.connect();
      expect(station.protocol).toBe(protocol);
      expect(await station.call("BootNotification", boot(protocol))).toMatchObject({ status: "Accepted" });
      const { currentTime } = (await station.call("Heartbeat", {})) as { currentTime: string };
      expect(currentTime).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(await view(identity)).toMatchObject({ online: true, connection: { protocol, securityProfile } });
      const reset = () => kerbside.command(identity, "Reset", RESET[protocol]);
      expect((await reset()).body).toMatchObject({ state: "result", payload: { status: "Accepted" } });

      const reopened = once(station, "open");
      expect((await kerbside.api("POST", `/v1/stations/${encodeURIComponent(identity)}/disconnect`)).status).toBe(204);
      await reopened;
      await until("the station to be back", async () => (await view(identity)).online);
      // Reconnecting is not booting: who was accepted still is.
      await station.call("Heartbeat", {});
      expect((await reset()).body).toMatchObject({ state: "result", payload: { status: "Accepted" } });
      expect(resets).toEqual([RESET[protocol], RESET[protocol]]);
    },
  );
});

test("ocpp-rpc's station that offers all versions gets the one it likes best", async () => {
  await kerbside.register("RPC-ALL", { protocols: ["ocpp1.6", "ocpp2.0.1"] });
  const station = foreign({ identity: "RPC-ALL", protocols: ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"] });
  await station.connect();
  expect(station.protocol).toBe("ocpp2.0.1");
});

test("ocpp-rpc's station with a 1.6 AuthorizationKey sends the bytes, and is admitted", async () => {
  const key = "00ff80c3a90d0af0deadbeef0123456789abcdef";
  await kerbside.register("RPC-KEY", { securityProfile: 1, password: key });
  const password = Buffer.from(key, "hex") as unknown as string;
  const station = foreign({ identity: "RPC-KEY", protocols: ["ocpp1.6"], password });
  await station.connect();
  expect((await view("RPC-KEY")).connection.securityProfile).toBe(1);
});

test.each<[string, number, Partial<Options>]>([
  ["is unknown", 404, { identity: "RPC-NOBODY" }],
  ["has the wrong password", 401, { identity: "RPC-REFUSED", password: "wrong horse battery" }],
  ["has no password", 401, { identity: "RPC-REFUSED" }],
  ["comes to the mTLS port with a password", 403, { identity: "RPC-REFUSED", transport: "mtls", password: PASSWORD }],
])("ocpp-rpc's station that %s learns it from the status %i", async (_, code, options) => {
  await kerbside.register("RPC-REFUSED", { securityProfile: 1, password: PASSWORD });
  const station = foreign({ identity: "", protocols: ["ocpp1.6"], ...options });
  await expect(station.connect()).rejects.toMatchObject({ code });
});
