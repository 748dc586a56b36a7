/**
 * A small CSMS as a Worker: the edge asks it by its service binding CSMS, and it asks the edge by its own, KERBSIDE. No host is between
 * them.
 */
import { DurableObject } from "cloudflare:workers";
import { csmsHandler, Kerbside, webhookHandler } from "kerbside";

interface Env {
  /** The edge. */
  KERBSIDE: Fetcher;
  LEDGER: DurableObjectNamespace<Ledger>;
  /** A key of the edge, with the scope commands:write. */
  KERBSIDE_KEY: string;
  /** CSMS_SECRET of the edge, and of the webhook that tells this Worker of events. */
  SECRET: string;
  /** What people show to ask something of this CSMS. */
  STAFF_KEY: string;
  /** Who may charge, comma separated. */
  TAGS: string;
}

/** Who is charging, and what came of it. */
export class Ledger extends DurableObject<Env> {
  readonly #sql = this.ctx.storage.sql;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS charging (
      transactionId INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT, idTag TEXT, meterStart INTEGER, meterStop INTEGER)`);
  }

  start(station: string, idTag: string, meterStart: number): number {
    const sql = "INSERT INTO charging (station, idTag, meterStart) VALUES (?, ?, ?) RETURNING transactionId";
    return Number(this.#sql.exec(sql, station, idTag, meterStart).one().transactionId);
  }

  stop(station: string, transactionId: number, meterStop: number): void {
    const sql = "UPDATE charging SET meterStop = ? WHERE transactionId = ? AND station = ?";
    this.#sql.exec(sql, meterStop, transactionId, station);
  }

  /** `null`: nothing. */
  open(station: string): number | null {
    const sql = "SELECT MAX(transactionId) AS id FROM charging WHERE station = ? AND meterStop IS NULL";
    return this.#sql.exec<{ id: number | null }>(sql, station).one().id;
  }
}

const questions = (env: Env, ledger: DurableObjectStub<Ledger>) => {
  const verdict = (idTag: string) => ({
    status: env.TAGS.split(",").includes(idTag) ? ("Accepted" as const) : ("Invalid" as const),
  });
  return csmsHandler({
    secret: env.SECRET,
    on: {
      "ocpp1.6": {
        BootNotification: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
        Authorize: ({ idTag }) => ({ idTagInfo: verdict(idTag) }),
        StartTransaction: async ({ idTag, meterStart }, { stationId }) => {
          const idTagInfo = verdict(idTag);
          if (idTagInfo.status !== "Accepted") return { transactionId: 0, idTagInfo };
          return { transactionId: await ledger.start(stationId, idTag, meterStart), idTagInfo };
        },
        StopTransaction: async ({ transactionId, meterStop }, { stationId }) => {
          await ledger.stop(stationId, transactionId, meterStop);
          return {};
        },
      },
    },
  });
};

const events = (env: Env) =>
  webhookHandler({
    secret: env.SECRET,
    on: {},
    otherwise: ({ subject, type, sequence }) => console.log(`${subject}: ${type} ${sequence}`),
  });

/** `POST /stations/CS001/start` (or `stop`, `reset`) */
async function ask(env: Env, ledger: DurableObjectStub<Ledger>, id: string, asked: string): Promise<Response> {
  const fetch = (url: string, init: RequestInit) => env.KERBSIDE.fetch(url, init);
  const station = new Kerbside({ url: "https://kerbside", key: env.KERBSIDE_KEY, fetch }).station(id);
  if (asked === "start") {
    const payload = { idTag: env.TAGS.split(",")[0] ?? "", connectorId: 1 };
    return Response.json(await station.command("ocpp1.6", "RemoteStartTransaction", payload));
  }
  if (asked === "stop") {
    const transactionId = await ledger.open(id);
    if (transactionId === null) return Response.json({ error: "it does not charge" }, { status: 409 });
    return Response.json(await station.command("ocpp1.6", "RemoteStopTransaction", { transactionId }));
  }
  if (asked === "reset") return Response.json(await station.command("ocpp1.6", "Reset", { type: "Soft" }));
  return new Response(null, { status: 404 });
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const ledger = env.LEDGER.get(env.LEDGER.idFromName("fleet"));
    const [, first, id = "", asked = ""] = pathname.split("/");
    if (first === "events") return events(env)(request);
    if (first !== "stations") return questions(env, ledger)(request);
    if (request.headers.get("authorization") !== `Bearer ${env.STAFF_KEY}`) return new Response(null, { status: 401 });
    return ask(env, ledger, id, asked);
  },
} satisfies ExportedHandler<Env>;
