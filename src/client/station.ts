/**
 * One Charging Station as a backend sees it: its registration, and commands typed by version and action. Must not know how requests
 * travel.
 */
import { type Api, pause } from "./api.ts";
import { CsmsLink, type LinkOptions } from "./link.ts";
import { type LiveMessage, type LiveOptions, live } from "./live.ts";
import { entriesOf, type PageQuery } from "./pages.ts";
import type { Certificate, Connection, Message, MessagePage, MessageQuery } from "./history-views.ts";
import type { Operation, PasswordRotation, SecurityUpgrade } from "./operation-views.ts";
import type {
  ActionOf,
  Command,
  CommandPage,
  OcppRequest,
  Protocol,
  Registered,
  Registration,
  StationView,
} from "./views.ts";

export interface CommandOptions {
  /** Seconds that the station has for its answer, 1 to 120 (30). */
  timeoutSeconds?: number;
  /** Seconds that it may wait for a station that is offline (0: it may not). */
  expiresInSeconds?: number;
  retry?: "never" | "if-unsent" | "always";
  /** Made anew where none is given, and kept over retries: the command is carried out once. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** States in which nothing more is to come, but a late answer to a timeout. */
const ENDED = ["result", "error", "timeout", "expired", "cancelled"];
/** ms between two looks at a command that waits: doubled up to the longest. */
const POLL_MIN_MS = 500;
const POLL_MAX_MS = 15_000;

export class Station {
  readonly id: string;
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, id: string) {
    this.id = id;
    this.#api = api;
    this.#path = `/v1/stations/${encodeURIComponent(id)}`;
  }

  async get(): Promise<StationView> {
    return (await this.#api.ask<StationView>("GET", this.#path)).body;
  }

  /** Registers it, or changes its registration: what is left out is reset, but for the password. */
  async register(registration: Registration): Promise<Registered> {
    return (await this.#api.ask<Registered>("PUT", this.#path, { body: registration })).body;
  }

  async deregister(): Promise<void> {
    await this.#api.ask("DELETE", this.#path);
  }

  /** Closes its connection; it will come back. */
  async disconnect(): Promise<void> {
    await this.#api.ask("POST", `${this.#path}/disconnect`, { isRepeatable: true });
  }

  /**
   * Asks the station for something and waits for what becomes of it; one that may wait for a connection is waited for as long.
   * @param protocol the version that the station speaks: the payload and the answer are its own
   */
  async command<P extends Protocol, A extends ActionOf<P>>(
    protocol: P,
    action: A,
    payload: OcppRequest<P, A>,
    options: CommandOptions = {},
  ): Promise<Command<P, A>> {
    let command = await this.submit(protocol, action, payload, { ...options, isAwaited: true });
    for (let waitMs = POLL_MIN_MS; !ENDED.includes(command.state); waitMs = Math.min(2 * waitMs, POLL_MAX_MS)) {
      await pause(waitMs, options.signal);
      command = await this.commandById<P, A>(command.commandId);
    }
    return command;
  }

  /** The same without waiting: `commandById` and the event `ocpp.command.completed` tell the rest. */
  async submit<P extends Protocol, A extends ActionOf<P>>(
    _protocol: P,
    action: A,
    payload: OcppRequest<P, A>,
    options: CommandOptions & { isAwaited?: boolean } = {},
  ): Promise<Command<P, A>> {
    const { idempotencyKey = crypto.randomUUID(), signal, isAwaited = false, ...more } = options;
    const { body } = await this.#api.ask<Command<P, A>>("POST", `${this.#path}/commands`, {
      body: { action, payload, ...more },
      headers: { "idempotency-key": idempotencyKey, ...(!isAwaited && { prefer: "respond-async" }) },
      also: [409, 504],
      isRepeatable: true,
      ...(signal !== undefined && { signal }),
    });
    return body;
  }

  async commandById<P extends Protocol = Protocol, A extends ActionOf<P> = ActionOf<P>>(
    commandId: string,
  ): Promise<Command<P, A>> {
    const path = `${this.#path}/commands/${encodeURIComponent(commandId)}`;
    return (await this.#api.ask<Command<P, A>>("GET", path)).body;
  }

  /** Newest first. `limit`: 100, and 500 at most. */
  commandsPage(query: PageQuery = {}): Promise<CommandPage> {
    return this.#api.get<CommandPage>(`${this.#path}/commands`, { ...query });
  }

  /** All that are kept, newest first. */
  commands(query: PageQuery = {}): AsyncGenerator<Command> {
    return entriesOf(
      (cursor = query.cursor) => this.commandsPage({ ...query, cursor }),
      ({ commands }) => commands,
    );
  }

  /** Cancels a command that is still queued. */
  async cancel(commandId: string): Promise<void> {
    await this.#api.ask("DELETE", `${this.#path}/commands/${encodeURIComponent(commandId)}`);
  }

  /** What it said and was asked, both sides of each CALL; its cursor is the next page's `before`, or `after`. */
  messagesPage(query: MessageQuery = {}): Promise<MessagePage> {
    return this.#api.get<MessagePage>(`${this.#path}/messages`, { ...query });
  }

  /** All that are kept: the newest first, or with `after` alone the oldest first. */
  messages(query: MessageQuery = {}): AsyncGenerator<Message> {
    const way = query.after !== undefined && query.before === undefined ? "after" : "before";
    return entriesOf<MessagePage, Message, number>(
      (cursor = query[way]) => this.messagesPage({ ...query, [way]: cursor }),
      ({ messages }) => messages,
    );
  }

  /** Its last 20, the live one first. */
  async connections(): Promise<Connection[]> {
    return (await this.#api.get<{ connections: Connection[] }>(`${this.#path}/connections`)).connections;
  }

  /** Its last 20, issued or shown, the newest first. */
  async certificates(): Promise<Certificate[]> {
    return (await this.#api.get<{ certificates: Certificate[] }>(`${this.#path}/certificates`)).certificates;
  }

  /** Replaces its password, at the station and here; goes on by itself. */
  rotatePassword(rotation: PasswordRotation = {}): Promise<Operation> {
    return this.#begin("password-rotation", rotation);
  }

  /** The one under way, or the last. */
  passwordRotation(): Promise<Operation> {
    return this.#api.get<Operation>(`${this.#path}/password-rotation`);
  }

  cancelPasswordRotation(): Promise<Operation> {
    return this.#stop("password-rotation");
  }

  /** Raises its security profile, at the station and here; goes on by itself. */
  upgradeSecurity(upgrade: SecurityUpgrade): Promise<Operation> {
    return this.#begin("security-upgrade", upgrade);
  }

  /** The one under way, or the last. */
  securityUpgrade(): Promise<Operation> {
    return this.#api.get<Operation>(`${this.#path}/security-upgrade`);
  }

  cancelSecurityUpgrade(): Promise<Operation> {
    return this.#stop("security-upgrade");
  }

  /** Each frame of this station as it comes, and what was missed since `after`; over breaks of the line, until it is left. */
  live(options: LiveOptions = {}): AsyncGenerator<LiveMessage> {
    const path = `${this.#path}/live`;
    const open = (after: string | undefined, protocol: string) =>
      this.#api.socket(after === undefined ? path : `${path}?after=${encodeURIComponent(after)}`, protocol);
    return live(open, options);
  }

  /** The CSMS's own socket to this station, opened again whenever it breaks, until it is closed. */
  link(options: LinkOptions): CsmsLink {
    return new CsmsLink((protocol) => this.#api.socket(`${this.#path}/csms`, protocol), options);
  }

  async #begin(kind: Operation["kind"], body: unknown): Promise<Operation> {
    return (await this.#api.ask<Operation>("POST", `${this.#path}/${kind}`, { body })).body;
  }

  async #stop(kind: Operation["kind"]): Promise<Operation> {
    return (await this.#api.ask<Operation>("DELETE", `${this.#path}/${kind}`)).body;
  }
}
