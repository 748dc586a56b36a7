/**
 * One Charging Station: the Durable Object that owns its socket, registration, commands and outbox. Each handler of
 * the runtime makes one call on a part; must not know OCPP's rules or HTTP's.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { forgetWebhooks } from "../webhooks/webhook-registry.ts";
import type { Outcome } from "../ocpp/session.ts";
import { ok, type Result } from "../result.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { Agenda } from "./object/agenda.ts";
import { Announcements } from "./registration/announcements.ts";
import { ended } from "./command/awaited-command.ts";
import type { Command } from "./command/command-row.ts";
import type { CommandView } from "./command/command-view.ts";
import { Commands, type Line } from "./command/commands.ts";
import { ReconnectHold } from "./command/reconnect-hold.ts";
import { CLOSE_REASONS } from "./connection/close-reasons.ts";
import { Connections, type ConnectionsPort } from "./connection/connections.ts";
import { StationContext } from "./object/context.ts";
import { Delivery } from "./delivery/delivery.ts";
import { Lifecycle } from "./registration/lifecycle.ts";
import { Questions } from "./connection/questions.ts";
import { RefusedCalls } from "./connection/refused-calls.ts";
import { SecurityReports } from "./connection/security-reports.ts";
import type {
  CommandPage,
  CommandRefusal,
  CommandRequest,
  Known,
  Registered,
  RegisterRequest,
  RegistrationRefusal,
  StationRpc,
  StationView,
} from "./station-rpc.ts";
import { stationView } from "./station-view.ts";
import type { StoredRegistration } from "./storage/store.ts";

export class ChargingStation extends DurableObject<Env> implements StationRpc {
  readonly #context: StationContext;
  readonly #agenda: Agenda;
  readonly #announcements: Announcements;
  readonly #delivery: Delivery;
  readonly #commands: Commands;
  readonly #connections: Connections;
  readonly #hold = new ReconnectHold();
  #lifecycleMade: Lifecycle | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const background = (work: Promise<void>) => ctx.waitUntil(work);
    this.#context = new StationContext(ctx, env, () => this.#connections.current());
    this.#agenda = new Agenda(this.#context, ctx.storage, background);
    this.#announcements = new Announcements(this.#context, this.#agenda, () => ({
      connection: this.#connections.current()?.connection ?? null,
      undelivered: this.#delivery.inTrouble,
    }));
    this.#delivery = new Delivery(
      this.#context,
      this.#agenda,
      () => this.#announcements.announce(),
      (log, webhook) => this.#lifecycle.turn(log, webhook),
    );
    this.#commands = new Commands(this.#context, () => this.#line());
    const security = new SecurityReports(this.#context);
    this.#connections = new Connections(this.#context, ctx, this.#agenda, this.#port(security), security);
    this.#agenda.addDeadlines(this.#connections.deadlines);
    // Before the commands', which are sent once it has ended.
    const look = () => this.#hold.look(this.#context.now(), this.#isDeciding);
    this.#agenda.addDeadlines([{ ...this.#hold.deadline, look }]);
    this.#agenda.addDeadlines(this.#commands.deadlines);
    this.#agenda.addDeadlines(this.#announcements.deadlines(background));
    this.#agenda.addSink(this.#delivery);
  }

  get #parts() {
    return {
      agenda: this.#agenda,
      announcements: this.#announcements,
      commands: this.#commands,
      connections: this.#connections,
      delivery: this.#delivery,
    };
  }

  // The runtime's handlers

  override async fetch(request: Request): Promise<Response> {
    const response = await this.#connections.accept(request);
    if (response.status === 101) this.#returned();
    this.#agenda.meanwhile();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const head = this.#context.headIfRead;
    // What was heard last is in the socket's attachment: it tells of the clock also where the object slept.
    this.#agenda.seen(this.#connections.current()?.lastMessageAt);
    await this.#connections.guarded(() => this.#connections.receive(socket, frame));
    this.#agenda.seen(this.#context.now());
    if (this.#hold.isOn && !this.#isDeciding) this.#release();
    // A Heartbeat ends here: nothing new to deliver, no deadline that came nearer.
    if (this.#context.headIfRead !== head || this.#agenda.isNearer) await this.#agenda.now();
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    this.#connections.closed(socket, { code, reason });
    await this.#agenda.now();
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#connections.closed(socket, CLOSE_REASONS.broke);
    await this.#agenda.now();
  }

  override async alarm(): Promise<void> {
    this.#agenda.alarmIsOver();
    if (this.#context.hasEnded) await this.#lifecycle.goOn();
    await this.#agenda.ring();
  }

  // What the Worker asks for

  register(request: RegisterRequest): Promise<Registered | RegistrationRefusal> {
    return this.#lifecycle.register(request);
  }

  describe(): Known<StationView> {
    return this.#asked((registration) =>
      stationView(this.#context, registration, this.#connections.current(), this.#commands.queueLength),
    );
  }

  deregister(): Promise<boolean> {
    return this.#lifecycle.deregister();
  }

  async disconnect(): Promise<boolean> {
    if (this.#context.store.fact("registration") === undefined) return false;
    this.#connections.disconnect(CLOSE_REASONS.byOperator);
    this.#agenda.meanwhile();
    return true;
  }

  async reportRefusal(reason: RefusalReason, remoteAddress: string | null): Promise<void> {
    this.#connections.reportRefusal(reason, remoteAddress);
    this.#agenda.meanwhile();
  }

  async command(request: CommandRequest, wait: boolean): Promise<Known<Result<CommandView, CommandRefusal>>> {
    if (this.#context.store.fact("registration") === undefined) return null;
    this.#connections.reconcile();
    const submitted = this.#commands.submit(request);
    const isConnected = this.#connections.current() !== null;
    const isAwaited = submitted.ok && wait && isConnected && !this.#commands.isPostponed(submitted.value.command);
    const awaited = isAwaited ? ended(submitted.value.command, this.#parts, this.#context.now()) : null;
    this.#agenda.changed();
    this.#agenda.meanwhile();
    if (!submitted.ok) return submitted;
    return ok(awaited === null ? submitted.value.command : await awaited);
  }

  readCommand(id: string): Known<CommandView> {
    return this.#asked(() => this.#commands.read(id));
  }

  listCommands(limit: number, before?: string | null): Known<CommandPage | CommandView[]> {
    const page = this.#asked(() => this.#commands.page(before ?? null, limit));
    return before === undefined ? (page?.commands ?? null) : page;
  }

  async cancelCommand(id: string): Promise<"cancelled" | "not-queued" | "unknown"> {
    if (this.#context.store.fact("registration") === undefined) return "unknown";
    const done = this.#commands.cancel(id);
    this.#agenda.meanwhile();
    return done;
  }

  async deliverSoon(order?: string): Promise<void> {
    if (this.#context.store.fact("registration") === undefined) return;
    forgetWebhooks(order);
    // Of the many that are asked most have nothing that waits, and an alarm is a row.
    if (this.#delivery.hasWork) await this.#agenda.wakeAt(this.#context.now());
  }

  sayAgain(): Promise<void> {
    return this.#announcements.again();
  }

  list(): Promise<void> {
    return this.#announcements.registered();
  }

  lookAt(): void {
    if (this.#context.incarnation === null) return;
    this.#connections.reconcile();
    this.#agenda.changed();
    this.#agenda.meanwhile();
  }

  // Between the parts

  /** Made when it is needed first: most objects that wake neither begin nor end a registration. */
  get #lifecycle(): Lifecycle {
    this.#lifecycleMade ??= new Lifecycle(this.#context, this.#parts, (work) => this.ctx.waitUntil(work));
    return this.#lifecycleMade;
  }

  /** Of what is under way the alarm finds what is left to do. */
  async #giveUp(reason: string): Promise<void> {
    await this.#agenda.wakeAt(this.#context.now());
    await this.ctx.storage.sync();
    this.ctx.abort(reason);
  }

  /** What a connection asks of the other parts. */
  #port(security: SecurityReports): ConnectionsPort {
    const questions = new Questions(this.#context);
    const refusedCalls = new RefusedCalls(this.#context);
    return {
      ask: (call, { protocol }) => questions.ask(call, protocol),
      settle: (messageId, outcome) => this.#settle(messageId, outcome),
      lineFree: () => this.#commands.sendNext(),
      reportSecurity: (kind, details) => security.report(kind, details),
      reportRefused: (protocol, refused) => refusedCalls.report(protocol, refused),
      bootAcknowledged: () => {
        this.#agenda.changed();
        void this.#announcements.announce();
      },
      tooManyFrames: () => this.#connections.disconnect(CLOSE_REASONS.tooManyMessages),
      changed: (online) => this.#connectionChanged(online),
      giveUp: (reason) => this.#giveUp(reason),
    };
  }

  #settle(messageId: string, outcome: (action: string) => Outcome): Outcome | null {
    const { status } = this.#context.eventLog;
    try {
      return this.#commands.settle(messageId, outcome);
    } finally {
      // The line is free, whatever became of the row.
      if (status !== this.#context.eventLog.status) this.#agenda.changed();
      this.#connections.askIfSilent();
      this.#commands.sendNext();
    }
  }

  #connectionChanged(online: boolean): void {
    this.#agenda.changed();
    if (!online) {
      // A process that dies while this is delivered leaves nobody to try it again; a station that is there comes back to it.
      if (this.#context.eventLog.isFollowed) this.#agenda.lookAtSinks();
      this.#commands.lineLost();
    }
    void this.#announcements.announce();
  }

  #returned(): void {
    if (this.#commands.queueLength === 0) this.#hold.end();
    else this.#hold.begin(this.#context.now());
    this.#agenda.changed();
  }

  #release(): void {
    this.#hold.end();
    this.#commands.sendNext();
  }

  /** Somebody is asked for the answer to what the station said. */
  get #isDeciding(): boolean {
    return (this.#connections.current()?.session.asking ?? null) !== null;
  }

  #line(): Line | null {
    const conversation = this.#connections.current();
    if (conversation === null) return null;
    return {
      protocol: conversation.session.protocol,
      registrationStatus: conversation.session.registrationStatus,
      // On a socket that is closing nothing is sent: what is queued is known to be unsent.
      busy:
        this.#hold.isOn || conversation.session.openCall !== null || conversation.socket.readyState !== WebSocket.OPEN,
      send: ({ id, action, payload, timeoutMs }: Command) => {
        this.#agenda.changed();
        void conversation.command({ kind: "command", messageId: id, action, payload, timeoutMs });
      },
    };
  }

  /** What a crash took is found by who asks, and told to the webhooks. */
  #asked<T>(answer: (registration: StoredRegistration) => T): Known<T> {
    const registration = this.#context.store.fact("registration");
    if (registration === undefined) return null;
    const { head } = this.#context.eventLog;
    this.#connections.reconcile();
    if (this.#context.eventLog.head !== head || this.#agenda.isNearer) this.#agenda.meanwhile();
    return answer(registration);
  }
}
