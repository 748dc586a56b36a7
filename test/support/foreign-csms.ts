/**
 * CSMSs that others wrote, as servers for stations of every version, and who keeps one of their answers back until a test lets it go.
 * Must not know what is between them and the stations.
 */
import { RPCServer } from "ocpp-rpc";
import { BOOT_16, BOOT_2X } from "./test-station.ts";

// biome-ignore lint/suspicious/noExplicitAny: their types are theirs
type Foreign = any;

export const FOREIGN = ["ocpp-rpc", "ocpp-ws-io"] as const;
type Kind = (typeof FOREIGN)[number];
export const PROTOCOLS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];
export const ACCEPTED = { status: "Accepted" };

/** Somebody who is asked, and answers once let go. */
class Held {
  readonly heard: unknown[] = [];
  readonly #asked = Promise.withResolvers<void>();
  readonly #released = Promise.withResolvers<void>();
  readonly held = this.#asked.promise;
  readonly release = this.#released.resolve;

  hold(what: unknown): Promise<void> {
    this.heard.push(what);
    this.#asked.resolve();
    return this.#released.promise;
  }
}

/** A station of one version at one of them, and what is said between the two. */
export class ForeignPeer {
  readonly id: string;
  readonly protocol: string;
  readonly question = new Held();
  readonly command = new Held();

  constructor(kind: Kind, protocol: string) {
    this.id = `${kind}-${protocol}`;
    this.protocol = protocol;
  }

  get boot(): object {
    return this.protocol === "ocpp1.6" ? BOOT_16 : BOOT_2X;
  }

  get reset(): object {
    return { type: this.protocol === "ocpp1.6" ? "Soft" : "Immediate" };
  }

  get authorize(): object {
    return this.protocol === "ocpp1.6" ? { idTag: "A" } : { idToken: { idToken: "A", type: "Central" } };
  }

  async answer(action: string, payload: unknown): Promise<object> {
    if (action === "BootNotification") return { ...ACCEPTED, currentTime: new Date().toISOString(), interval: 60 };
    if (action !== "Authorize") return {};
    await this.question.hold([action, payload]);
    return this.protocol === "ocpp1.6" ? { idTagInfo: ACCEPTED } : { idTokenInfo: ACCEPTED };
  }
}

export interface ForeignServer {
  url: string;
  command(stationId: string, action: string, payload: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** With what each checks of payloads by itself, where it can for every version. */
export async function foreignServer(kind: Kind, peers: readonly ForeignPeer[]): Promise<ForeignServer> {
  const isRpc = kind === "ocpp-rpc";
  const server = isRpc
    ? new (RPCServer as Foreign)({ protocols: PROTOCOLS, strictMode: false })
    : new (await ocppWsIo()).OCPPServer({ protocols: PROTOCOLS, strictMode: true, logging: false });
  const clients = new Map<string, Foreign>();
  server.on("client", (client: Foreign) => {
    clients.set(client.identity, client);
    const peer = peers.find(({ id }) => id === client.identity);
    client.handle((first: Foreign, context?: Foreign) => {
      const [action, payload] = isRpc ? [first.method, first.params] : [first, context.params];
      return peer?.answer(action, payload);
    });
  });
  const { port } = (await server.listen(0, "127.0.0.1")).address();
  return {
    url: `ws://127.0.0.1:${port}`,
    command: (stationId, action, payload) => {
      const client = clients.get(stationId);
      return isRpc ? client.call(action, payload) : client.call(client.protocol, action, payload);
    },
    stop: () => server.close({ force: true }),
  };
}

/** Only where it is wanted: its schemas are megabytes. */
const ocppWsIo = (): Promise<Foreign> => import("ocpp-ws-io");
