import { describe, expect, test } from "vitest";
import * as z from "zod";
import * as client from "../../src/client/kerbside.ts";
import type { WebSocketLike } from "../../src/client/api.ts";
import type { MemberState } from "../../src/fleet/campaigns/campaign-outcome.ts";
import type { Answers } from "../../src/http/description/answer.ts";
import { ANSWERS } from "../../src/http/description/answers.ts";
import type { Route } from "../../src/http/routes/route.ts";
import { type OperationId, ROUTES } from "../../src/http/routes/table.ts";

interface Sent {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

const ID = "CS 001";
const FINGERPRINT = "ab".repeat(32);
const PAGE = { limit: 7, cursor: "WzEsInNoYTI1NjphYiJd" };
const FILTER: client.StationFilter = {
  ...{ online: true, undelivered: false, hasCsms: true, protocol: "ocpp1.6", securityProfile: 2 },
  ...{ certificateExpiresBefore: "2027-01-31", offlineSince: "2026-01-31T12:00:00Z", offlineKind: "lost" },
  ...{ vendor: "V", model: "M", q: "a", labels: { site: "north" } },
};
const CAMPAIGN = { name: "N", action: "Reset", payload: {}, ratePerSecond: 1, expiresInSeconds: 0 };
const first = async (entries: AsyncGenerator<unknown>) => void (await entries.next());

/** By what each operation is asked for: one that is missing does not compile. */
const CALLS: Record<OperationId, (kerbside: client.Kerbside, station: client.Station) => unknown> = {
  getHealth: ({ service }) => service.health(),
  getMetrics: ({ service }) => service.metrics(),
  getDescription: ({ service }) => service.description(),
  getProblem: ({ service }) => service.problem("station-offline"),
  getKey: (kerbside) => kerbside.key(),
  listProblems: (kerbside) => kerbside.problems({ limit: 7 }),
  getSettings: (kerbside) => kerbside.settings(),
  getSeries: (kerbside) => kerbside.series({ from: "2026-01-31", to: "2026-01-31T12:00:00Z" }),
  async listStations(kerbside) {
    await kerbside.stationsPage({ ...FILTER, ...PAGE, sort: "changed" });
    await first(kerbside.stations({ ...FILTER, ...PAGE, sort: "offline" }));
  },
  findStations: (kerbside) => kerbside.search(FINGERPRINT),
  getFleetSummary: (kerbside) => kerbside.summary(),
  putStation: (_, station) =>
    station.register({
      ...{ securityProfile: 3, password: "generate", passwordOverlap: true, protocols: ["ocpp1.6"] },
      certificate: { commonName: "C", organization: "O", fingerprints: [FINGERPRINT] },
      ...{ assumeProtocol: true, heartbeatIntervalSeconds: 60, validation: "strict", csms: "link", apply: "now" },
      ...{ locationHint: "weur", labels: { site: "north" } },
    }),
  getStation: (_, station) => station.get(),
  deleteStation: (_, station) => station.deregister(),
  disconnectStation: (_, station) => station.disconnect(),
  linkCsms: (_, station) => station.link({ onCall: () => ({}) }).close(),
  rotatePassword: (_, station) =>
    station.rotatePassword({ password: "p".repeat(16), reset: true, expiresInSeconds: 600 }),
  getPasswordRotation: (_, station) => station.passwordRotation(),
  cancelPasswordRotation: (_, station) => station.cancelPasswordRotation(),
  upgradeSecurity: (_, station) =>
    station.upgradeSecurity({
      ...{ to: 2, url: "wss://ocpp.example.com", rootCertificate: null, hasCertificate: true, configurationSlot: 1 },
      ...{ networkInterface: "Wired0", reset: "hard", expiresInSeconds: 600 },
    }),
  getSecurityUpgrade: (_, station) => station.securityUpgrade(),
  cancelSecurityUpgrade: (_, station) => station.cancelSecurityUpgrade(),
  sendCommand: (_, station) =>
    station.command(
      ...(["ocpp1.6", "Reset", { type: "Soft" }] as const),
      ...([{ timeoutSeconds: 5, expiresInSeconds: 60, retry: "always" }] as const),
    ),
  async listCommands(_, station) {
    const page = { limit: 7, cursor: "01a223d4-c62d-7000-b81a-faadb328c7fb" };
    await station.commandsPage(page);
    await first(station.commands(page));
  },
  getCommand: (_, station) => station.commandById("c/1"),
  cancelCommand: (_, station) => station.cancel("c/1"),
  async listMessages(_, station) {
    const query = { limit: 7, action: "Heartbeat", type: "ocpp.call" } as const;
    await station.messagesPage({ ...query, before: 9, after: 3 });
    await first(station.messages({ ...query, before: 9, after: 3 }));
  },
  listConnections: (_, station) => station.connections(),
  listCertificates: (_, station) => station.certificates(),
  async watchStation(_, station) {
    const leave = new AbortController();
    const watching = first(station.live({ after: 3, signal: leave.signal }));
    leave.abort();
    await watching;
  },
  putWebhook: (kerbside) =>
    kerbside.putWebhook("w", {
      ...{ url: "https://backend.example.com", types: ["ocpp.call"] },
      secret: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }),
  listWebhooks: (kerbside) => kerbside.webhooks(),
  getWebhook: (kerbside) => kerbside.webhook("w"),
  deleteWebhook: (kerbside) => kerbside.deleteWebhook("w"),
  replayWebhook: (kerbside) => kerbside.replayWebhook("w", { since: "2026-01-31" }),
  getReplay: (kerbside) => kerbside.replay("w"),
  getDeliveries: (kerbside) => kerbside.deliveries("w"),
  async listStuck(kerbside) {
    await kerbside.stuckPage("w", { limit: 7, cursor: "A" });
    await first(kerbside.stuck("w", { limit: 7, cursor: "A" }));
  },
  async listNewcomers({ newcomers }) {
    const page = { limit: 7, cursor: "2026-01-31T12:00:00.000Z/A" };
    await newcomers.page(page);
    await first(newcomers.all(page));
  },
  async addRevocation({ revocations }) {
    await revocations.add({ fingerprint: FINGERPRINT, reason: "keyCompromise" });
    await revocations.add({ issuer: "ab", serialNumber: "1f" });
  },
  async liftRevocation({ revocations }) {
    await revocations.lift(FINGERPRINT);
    await revocations.lift({ issuer: "ab", serialNumber: "-1f" });
  },
  async listRevocations({ revocations }) {
    await revocations.page(PAGE);
    await first(revocations.all(PAGE));
  },
  listCrls: ({ crls }) => crls.all(),
  async putCrl({ crls }) {
    await crls.put("ab:cd", new Uint8Array([0x30]));
    await crls.put("ab:cd", "-----BEGIN X509 CRL-----");
  },
  getCrl: ({ crls }) => crls.get("ab:cd"),
  async listAudit({ audit }) {
    const query = { before: "2026-01-31T12:00:00Z", after: "2026-01-30T12:00:00Z", actor: "backend", stationId: "A" };
    await audit.page({ ...query, limit: 7 });
    await first(audit.all({ ...query, limit: 7 }));
  },
  async createCampaign({ campaigns }) {
    await campaigns.create({ ...CAMPAIGN, filter: FILTER, startAt: "2027-01-31T12:00:00Z" }, "key");
    await campaigns.dryRun({ ...CAMPAIGN, stationIds: ["A"] });
  },
  async listCampaigns({ campaigns }) {
    const page = { limit: 7, cursor: "2026-01-31T12:00:00Z" };
    await campaigns.page(page);
    await first(campaigns.all(page));
  },
  getCampaign: ({ campaigns }) => campaigns.get("c/1"),
  pauseCampaign: ({ campaigns }) => campaigns.pause("c/1"),
  resumeCampaign: ({ campaigns }) => campaigns.resume("c/1"),
  cancelCampaign: ({ campaigns }) => campaigns.cancel("c/1"),
  async listCampaignStations({ campaigns }) {
    const query = { state: "result", limit: 7, cursor: "A" } as const;
    await campaigns.stationsPage("c/1", query);
    await first(campaigns.stations("c/1", query));
  },
};

/** A client whose requests are noted and answered by the operation's own example. */
function noting(id: OperationId) {
  const sent: Sent[] = [];
  const { answers }: Answers = ANSWERS[id];
  const [status = "200", { schema, media, example } = {}] = Object.entries(answers)[0] ?? [];
  const note = (method: string, { pathname, searchParams }: URL, body?: unknown) =>
    sent.push({ method, path: pathname, query: Object.fromEntries(searchParams), body });
  class NoSocket implements WebSocketLike {
    readonly protocol = "";
    readonly #listeners: ((event: { code: number; reason: string }) => void)[] = [];
    constructor(url: string) {
      note("GET", new URL(url));
    }
    send() {}
    close() {
      for (const listener of this.#listeners) listener({ code: 1000, reason: "" });
    }
    addEventListener(type: string, listener: (event: never) => void) {
      if (type === "close") this.#listeners.push(listener as never);
    }
  }
  const kerbside = new client.Kerbside({
    ...{ url: "https://kerbside.test", key: "k", WebSocket: NoSocket },
    fetch: async (url, { method = "", headers, body }) => {
      const type = new Headers(headers).get("content-type");
      note(method, new URL(url), type === "application/json" ? JSON.parse(String(body)) : type);
      const has = schema === undefined && media === undefined && example === undefined;
      const text = media === undefined ? JSON.stringify(example ?? { openapi: "3.1.1" }) : String(example);
      return new Response(has ? null : text, { status: Number(status) });
    },
  });
  return { kerbside, sent };
}

/** The names of an object's fields, as its schema has them. */
const fieldsOf = (schema: z.core.$ZodType | undefined) => Object.keys((schema as z.ZodObject | undefined)?.shape ?? {});

describe("The client has for each operation of the API a method", () => {
  test.each(Object.keys(ROUTES) as OperationId[])("that asks for it alone, with all that it takes: %s", async (id) => {
    const { method, path, query, body, media }: Route = ROUTES[id];
    const { kerbside, sent } = noting(id);
    await CALLS[id](kerbside, kerbside.station(ID));
    expect(sent.length).toBeGreaterThan(0);
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    for (const each of sent) {
      expect(each).toMatchObject({ method, path: expect.stringMatching(pattern) });
      if (query !== undefined) expect(z.safeParse(query, each.query).error).toBeUndefined();
      if (body !== undefined) expect(z.safeParse(body, each.body).error).toBeUndefined();
      if (media !== undefined) expect(media).toContain(each.body);
      if (query !== undefined) expect(Object.keys(each.query)).toEqual(expect.arrayContaining(fieldsOf(query)));
      if (path.includes("{id}")) expect(each.path).toContain("/v1/stations/CS%20001");
    }
    const given = sent.flatMap((each) => Object.keys((each.body as object | null | undefined) ?? {}));
    expect(given).toEqual(expect.arrayContaining(fieldsOf(body)));
  });
});

/** What the description says of an answer. */
type Described<Id extends OperationId, Status extends number> = (typeof ANSWERS)[Id] extends {
  answers: Record<Status, { schema: infer Schema extends z.core.$ZodType }>;
}
  ? z.output<Schema>
  : never;
type Asked<Id extends OperationId> = (typeof ROUTES)[Id] extends { body: infer Schema extends z.core.$ZodType }
  ? z.input<Schema>
  : never;
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
/** With the members of an intersection as one object, all the way down. */
type Plain<T> = T extends readonly (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Alike<A, B> = Same<Plain<A>, Plain<B>>;
/** Whatever the client lets through is valid, and it has a word for all that may be asked. */
type Asks<A, B> = A extends B ? Same<keyof A, keyof B> : never;

test("The client's types are those of the description: neither says what the other does not", () => {
  const same: readonly [
    Alike<client.StationPage, Described<"listStations", 200>>,
    Alike<{ found: client.FoundStation[] }, Described<"findStations", 200>>,
    Alike<client.FleetSummary, Described<"getFleetSummary", 200>>,
    Alike<client.SeriesPage, Described<"getSeries", 200>>,
    Alike<client.FleetProblems, Described<"listProblems", 200>>,
    Alike<client.Settings, Described<"getSettings", 200>>,
    Alike<client.KeyView, Described<"getKey", 200>>,
    Alike<client.StationView, Described<"getStation", 200>>,
    Alike<client.Registered, Described<"putStation", 200>>,
    Asks<client.Registration, Asked<"putStation">>,
    Alike<client.Operation, Described<"rotatePassword", 202>>,
    Asks<client.PasswordRotation, Asked<"rotatePassword">>,
    Asks<client.SecurityUpgrade, Asked<"upgradeSecurity">>,
    Alike<client.MessagePage, Described<"listMessages", 200>>,
    Alike<{ connections: client.Connection[] }, Described<"listConnections", 200>>,
    Alike<client.Webhook, Described<"getWebhook", 200>>,
    Alike<client.Replay, Described<"getReplay", 200>>,
    Alike<client.Deliveries, Described<"getDeliveries", 200>>,
    Alike<client.StuckPage, Described<"listStuck", 200>>,
    Alike<client.NewcomerPage, Described<"listNewcomers", 200>>,
    Alike<client.Revoked, Described<"addRevocation", 201>>,
    Alike<client.RevocationPage, Described<"listRevocations", 200>>,
    Alike<client.Crl, Described<"getCrl", 200>>,
    Alike<client.AuditPage, Described<"listAudit", 200>>,
    Alike<Omit<client.Campaign, "progress">, Omit<Described<"getCampaign", 200>, "progress">>,
    Same<client.CampaignMemberState, MemberState>,
    Alike<client.CampaignStationPage, Described<"listCampaignStations", 200>>,
    Alike<client.ProblemKind, Described<"getProblem", 200>>,
    Alike<keyof client.CampaignRequest | "dryRun", keyof Asked<"createCampaign">>,
    client.Command extends Described<"getCommand", 200> ? true : never,
  ] = [
    ...([true, true, true, true, true, true, true, true, true, true, true, true] as const),
    ...([true, true, true, true, true, true, true, true, true, true, true, true, true] as const),
    ...([true, true, true, true, true] as const),
  ];
  expect(same).not.toContain(false);
});
