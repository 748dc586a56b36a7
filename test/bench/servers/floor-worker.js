/**
 * The floor of the platform: a Worker whose objects hibernate and answer, and do nothing else. With WRITES_ROW it keeps
 * one row for each upgrade and each frame before it answers. Must not know what Kerbside does beyond its addresses.
 */
import { DurableObject } from "cloudflare:workers";

export class ChargingStation extends DurableObject {
  #writesRow;
  #waiting = new Map();
  #sent = 0;
  #rowsWritten = 0;
  #rowsRead = 0;

  constructor(ctx, env) {
    super(ctx, env);
    this.#writesRow = env.WRITES_ROW === "true";
  }

  register() {
    if (this.#writesRow) this.#create();
  }

  #create() {
    this.#run("CREATE TABLE IF NOT EXISTS log (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, data TEXT NOT NULL)");
  }

  fetch() {
    const { 0: client, 1: socket } = new WebSocketPair();
    this.ctx.acceptWebSocket(socket);
    if (this.#writesRow) this.#keep("connected");
    return new Response(null, { status: 101, webSocket: client, headers: { "Sec-WebSocket-Protocol": "ocpp1.6" } });
  }

  webSocketMessage(socket, frame) {
    const [type, messageId, action] = JSON.parse(frame);
    if (this.#writesRow) this.#keep(frame);
    if (type === 2) {
      const payload = action === "Heartbeat" ? { currentTime: new Date().toISOString() } : {};
      socket.send(JSON.stringify([3, messageId, payload]));
    } else {
      this.#waiting.get(messageId)?.(frame);
      this.#waiting.delete(messageId);
    }
  }

  webSocketClose(socket) {
    socket.close();
  }

  command({ action, payload }) {
    const [socket] = this.ctx.getWebSockets();
    if (socket === undefined) return null;
    const messageId = `c${++this.#sent}`;
    return new Promise((resolve) => {
      this.#waiting.set(messageId, resolve);
      socket.send(JSON.stringify([2, messageId, action, payload]));
    });
  }

  describe() {
    return { storage: { rowsWritten: this.#rowsWritten, rowsRead: this.#rowsRead } };
  }

  #keep(data) {
    const insert = () => this.#run("INSERT INTO log (at, data) VALUES (?1, ?2)", Date.now(), data);
    try {
      insert();
    } catch {
      // An edge that starts removes the files of stations that it finds registered nowhere.
      this.#create();
      insert();
    }
  }

  #run(query, ...bindings) {
    const cursor = this.ctx.storage.sql.exec(query, ...bindings);
    cursor.toArray();
    this.#rowsWritten += cursor.rowsWritten;
    this.#rowsRead += cursor.rowsRead;
  }
}

/** wrangler.toml names it. */
export class WebhookRegistry extends DurableObject {}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const [, root, second, third, rest] = pathname.split("/");
    const stub = (id) => env.STATION.get(env.STATION.idFromName(id));
    if (root === "ocpp") return stub(second).fetch(request);
    if (root !== "v1") return new Response("ok");
    if (rest === "commands") {
      const frame = await stub(third).command(await request.json());
      return frame === null ? new Response(null, { status: 409 }) : Response.json(JSON.parse(frame)[2]);
    }
    if (request.method === "GET") return Response.json(await stub(third).describe());
    await stub(third).register();
    return new Response(null, { status: 201 });
  },
  queue() {},
};
