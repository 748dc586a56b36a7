/**
 * Cloudflare's API as far as a deployment asks it, with an account that remembers what was made in it. Must not know who asks.
 */
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  method: string;
  path: string;
  body: string;
}

interface Account {
  databases: { uuid: string; name: string }[];
  queues: { queue_id: string; queue_name: string; isPaused: boolean; consumers: unknown[]; producers: unknown[] }[];
  /** Names of those of the Worker; `null`: there is no Worker. */
  secrets: string[] | null;
  migrations: string[];
}

type Answering = (match: RegExpExecArray, asked: Asked, fake: FakeCloudflare) => unknown;

/** What is to be answered with an error: its status, code and message. */
class Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  constructor(status: number, code: number, message: string) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}

const UUID = "11111111-2222-4333-8444-555555555555";

const SUBDOMAIN = { enabled: false, previews_enabled: false };
const SCRIPT = { id: "kerbside", tag: "t", last_deployed_from: "wrangler", migration_tag: "v1" };

const ANSWERS: [RegExp, Answering][] = [
  [/^GET \/user$/, () => ({ id: "u", email: "person@example.com" })],
  [/^GET \/accounts$/, () => [{ id: "acc", name: "An account" }]],
  [/^GET \/memberships$/, () => [{ id: "m", account: { id: "acc", name: "An account" } }]],
  [/^GET \/accounts\/acc\/d1\/database$/, (_, __, { account }) => account.databases],
  [/^GET \/accounts\/acc\/d1\/database\/([^/]+)$/, (_, __, { account }) => account.databases[0]],
  [
    /^POST \/accounts\/acc\/d1\/database$/,
    (_, { body }, { account }) => {
      const made = { uuid: UUID, name: JSON.parse(body).name };
      account.databases.push(made);
      return made;
    },
  ],
  [
    /^POST \/accounts\/acc\/d1\/database\/[^/]+\/query$/,
    (_, { body }, { account }) => {
      const { sql } = JSON.parse(body) as { sql: string };
      for (const [, name = ""] of sql.matchAll(/values \('([^']+\.sql)'\)/gi)) account.migrations.push(name);
      const results = /^\s*SELECT/i.test(sql) ? account.migrations.map((name, id) => ({ id, name })) : [];
      return [{ results, success: true, meta: { duration: 1 } }];
    },
  ],
  [/^GET \/accounts\/acc\/queues$/, (_, __, { account }) => account.queues],
  [
    /^POST \/accounts\/acc\/queues$/,
    (_, { body }, { account }) => {
      const made = {
        queue_id: `q${account.queues.length}`,
        queue_name: JSON.parse(body).queue_name,
        isPaused: false,
        consumers: [],
        producers: [],
      };
      account.queues.push(made);
      return made;
    },
  ],
  [
    /^PATCH \/accounts\/acc\/queues\/([^/]+)$/,
    ([, id], { body }, { account }) => {
      const queue = account.queues.find(({ queue_id }) => queue_id === id);
      if (queue === undefined) return new Refusal(404, 11000, "queue not found");
      queue.isPaused = JSON.parse(body).settings.delivery_paused;
      return queue;
    },
  ],
  [/^GET \/accounts\/acc\/queues\/[^/]+\/consumers$/, () => []],
  [
    /^GET \/accounts\/acc\/workers\/scripts\/[^/]+\/secrets$/,
    (_, __, { account }) =>
      account.secrets?.map((name) => ({ name, type: "secret_text" })) ??
      new Refusal(404, 10007, "This Worker does not exist on your account."),
  ],
  [
    /^GET \/accounts\/acc\/workers\/(?:services|scripts)\/[^/]+(?:\/.*)?$/,
    ([path = ""], __, { account }) => {
      if (path.endsWith("/subdomain")) return SUBDOMAIN;
      if (account.secrets === null) return new Refusal(404, 10090, "This Worker does not exist.");
      if (path.includes("/services/")) return { default_environment: { environment: "production", script: SCRIPT } };
      if (path.endsWith("/deployments")) return { deployments: [] };
      return path.endsWith("/settings") ? { bindings: [], migration_tag: "v1" } : SCRIPT;
    },
  ],
  [
    /^GET \/accounts\/acc\/workers\/workers\/[^/]+$/,
    () => ({ id: "kerbside", name: "kerbside", subdomain: SUBDOMAIN }),
  ],
  [/^POST \/accounts\/acc\/workers\/scripts\/[^/]+\/subdomain$/, () => SUBDOMAIN],
  [
    /^POST \/accounts\/acc\/workers\/scripts\/[^/]+\/domains\/changeset/,
    (_, { body }) => ({ added: JSON.parse(body), removed: [], updated: [], conflicting: [] }),
  ],
  [/^GET \/accounts\/acc\/workers\/subdomain$/, () => ({ subdomain: "example" })],
  [/^POST \/accounts\/acc\/workers\/scripts\/[^/]+\/assets-upload-session$/, () => ({ jwt: "done", buckets: [] })],
  [
    /^(?:PUT|POST) \/accounts\/acc\/workers\/scripts\/[^/]+(?:\/versions)?$/,
    (_, { body }, { account }) => {
      const secrets = [
        ...body.matchAll(/"name":"([A-Z_]+)","type":"secret_text"|"type":"secret_text","name":"([A-Z_]+)"/g),
      ];
      const named = secrets.map(([, one, other]) => one ?? other ?? "");
      account.secrets = [...new Set([...(account.secrets ?? []), ...named])];
      return {
        id: "kerbside",
        etag: "e",
        pipeline_hash: "h",
        mutable_pipeline_id: "m",
        deployment_id: "d",
        startup_time_ms: 1,
        resources: { script: { etag: "e" } },
      };
    },
  ],
];

export class FakeCloudflare {
  readonly account: Account = { databases: [], queues: [], secrets: null, migrations: [] };
  readonly asked: Asked[] = [];
  readonly #server: http.Server;
  readonly url: string;

  private constructor(server: http.Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeCloudflare> {
    const server = http.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FakeCloudflare(server);
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request.setEncoding("latin1")) body += chunk;
    const { method = "" } = request;
    const path = (request.url ?? "").replace(/^\/client\/v4/, "").replace(/\?.*$/, "");
    const asked = { method, path, body };
    this.asked.push(asked);
    let result: unknown = null;
    for (const [pattern, answering] of ANSWERS) {
      const match = pattern.exec(`${method} ${path}`);
      if (match === null) continue;
      result = answering(match, asked, this);
      break;
    }
    const { status, code, message } = result instanceof Refusal ? result : { status: 200, code: 0, message: "" };
    const isGood = status === 200;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        success: isGood,
        result: isGood ? result : null,
        messages: [],
        errors: isGood ? [] : [{ code, message }],
      }),
    );
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
