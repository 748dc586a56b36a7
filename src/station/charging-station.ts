/**
 * One Charging Station: the Durable Object that owns its socket, registration, commands and outbox. Each handler of
 * the runtime makes one call on a part; must not know OCPP's rules or HTTP's.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { forgetWebhooks } from "../fleet/webhook-registry.ts";
import { ok, type Result } from "../result.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { Announcements } from "./announcements.ts";
import { ended } from "./awaited-command.ts";
import type { Command } from "./command-store.ts";
import type { CommandView } from "./command-view.ts";
import { Commands, type Line } from "./commands.ts";
import { Connections } from "./connections.ts";
import { StationContext } from "./context.ts";
import { Deadlines } from "./deadlines.ts";
import { Delivery } from "./delivery.ts";
import { Lifecycle } from "./lifecycle.ts";
import { Questions } from "./questions.ts";
import { RefusedCalls } from "./refused-calls.ts";
import { SecurityReports } from "./security-reports.ts";
import { Settlement } from "./settlement.ts";
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
import type { StoredRegistration } from "./store.ts";

export class ChargingStation extends DurableObject<Env> implements StationRpc {
  readonly #context: StationContext;
  readonly #delivery: Delivery;
  readonly #commands: Commands;
  readonly #connections: Connections;
  readonly #announcements: Announcements;
  readonly #deadlines: Deadlines;
  #lifecycleMade: Lifecycle | null = null;
  readonly #settlement: Settlement;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#context = new StationContext(ctx, env, () => this.#connections.current());
    this.#announcements = new Announcements(this.#context, () => {
      this.#deadlines.changed();
      this.#settlement.meanwhile();
    });
    const security = new SecurityReports(this.#context);
    const questions = new Questions(this.#context);
    const refusedCalls = new RefusedCalls(this.#context);
    this.#delivery = new Delivery(
      this.#context,
      () => this.#announce(),
      (at) => this.#deadlines.arm(at),
    );
    this.#commands = new Commands(this.#context, () => this.#line());
    this.#connections = new Connections(
      this.#context,
      ctx,
      {
        ask: (call, { protocol }) => questions.ask(call, protocol),
        settle: (messageId, outcome) => {
          const { status } = this.#context.eventLog;
          try {
            return this.#commands.settle(messageId, outcome);
          } finally {
            // The line is free, whatever became of the row.
            if (status !== this.#context.eventLog.status) this.#deadlines.changed();
            this.#connections.askIfSilent();
            this.#commands.sendNext();
          }
        },
        lineFree: () => this.#commands.sendNext(),
        reportSecurity: (kind, details) => security.report(kind, details),
        watched: () => this.#deadlines.changed(),
        reportRefused: (protocol, refused) => refusedCalls.report(protocol, refused),
        bootAcknowledged: () => {
          this.#deadlines.changed();
          this.#announce();
        },
        tooManyFrames: () => this.#connections.disconnect(1008, "too many messages"),
        giveUp: (reason) => this.#giveUp(reason),
      },
      security,
      (online) => {
        this.#deadlines.changed();
        if (!online) {
          // A process that dies while this is delivered leaves nobody to try it again; a station that is there comes back to it.
          if (this.#context.eventLog.isFollowed) this.#deadlines.lookAtOutbox(this.#context.now());
          this.#commands.lineLost();
        }
        this.#announce();
      },
    );
    this.#deadlines = new Deadlines(ctx.storage, this.#context.now, () =>
      this.#context.incarnation === null
        ? null
        : {
            openCall: this.#connections.current()?.session.openCall ?? null,
            presenceAt: this.#connections.presenceAt,
            nextExpiry: this.#commands.nextExpiry,
            untoldAt: this.#announcements.againAt,
            certificateUntil: this.#connections.certificateUntil,
          },
    );
    this.#settlement = new Settlement(this.#context, this.#delivery, this.#deadlines, (work) => ctx.waitUntil(work));
  }

  get #parts() {
    return {
      connections: this.#connections,
      commands: this.#commands,
      delivery: this.#delivery,
      deadlines: this.#deadlines,
      announcements: this.#announcements,
      settlement: this.#settlement,
    };
  }

  // The runtime's handlers

  override async fetch(request: Request): Promise<Response> {
    const response = await this.#connections.accept(request);
    if (response.status === 101) this.#commands.sendNext();
    this.#settlement.meanwhile();
    return response;
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const head = this.#context.headIfRead;
    // What was heard last is in the socket's attachment: it tells of the clock also where the object slept.
    this.#deadlines.seen(this.#connections.current()?.lastMessageAt);
    await this.#connections.guarded(() => this.#connections.receive(socket, frame));
    this.#deadlines.seen(this.#context.now());
    // A Heartbeat ends here: nothing new to deliver, no deadline that came nearer.
    if (this.#context.headIfRead !== head || this.#deadlines.isNearer) await this.#settlement.now();
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    this.#connections.closed(socket, code, reason);
    await this.#settlement.now();
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#connections.closed(socket, 1006, "the connection broke");
    await this.#settlement.now();
  }

  override async alarm(): Promise<void> {
    this.#deadlines.alarmIsOver();
    if (this.#context.hasEnded) await this.#lifecycle.goOn();
    const { incarnation } = this.#context;
    if (incarnation === null) return;
    this.#connections.reconcile();
    this.#connections.endExpired();
    await this.#connections.look();
    await this.#connections.current()?.tick();
    // Of another registration nothing is due yet.
    if (this.#context.incarnation !== incarnation) return;
    this.#commands.sendNext();
    this.#commands.expire();
    if (this.#announcements.againAt !== null) this.ctx.waitUntil(this.sayAgain());
    this.#deadlines.changed();
    // Not awaited: no second alarm runs meanwhile, and a receiver that hangs would hold up a command's deadline.
    this.#settlement.meanwhile();
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
    this.#connections.disconnect(1000, "disconnected by the operator");
    this.#settlement.meanwhile();
    return true;
  }

  async reportRefusal(reason: RefusalReason, remoteAddress: string | null): Promise<void> {
    this.#connections.reportRefusal(reason, remoteAddress);
    this.#settlement.meanwhile();
  }

  async command(request: CommandRequest, wait: boolean): Promise<Known<Result<CommandView, CommandRefusal>>> {
    if (this.#context.store.fact("registration") === undefined) return null;
    this.#connections.reconcile();
    const submitted = this.#commands.submit(request);
    const isAwaited = submitted.ok && wait && this.#connections.current() !== null;
    const awaited = isAwaited ? ended(submitted.value.command, this.#parts, this.#context.now()) : null;
    this.#deadlines.changed();
    this.#settlement.meanwhile();
    if (!submitted.ok) return submitted;
    return ok(awaited === null ? submitted.value.command : await awaited);
  }

  readCommand(id: string): Known<CommandView> {
    return this.#asked(() => this.#commands.read(id));
  }

  listCommands(limit: number, before: string | null): Known<CommandPage> {
    return this.#asked(() => this.#commands.page(before, limit));
  }

  async cancelCommand(id: string): Promise<"cancelled" | "not-queued" | "unknown"> {
    if (this.#context.store.fact("registration") === undefined) return "unknown";
    const done = this.#commands.cancel(id);
    this.#settlement.meanwhile();
    return done;
  }

  async deliverSoon(order?: string): Promise<void> {
    if (this.#context.store.fact("registration") === undefined) return;
    forgetWebhooks(order);
    // Of the many that are asked most have nothing that waits, and an alarm is a row.
    if (this.#delivery.hasWork) await this.#deadlines.wakeAt(this.#context.now());
  }

  async sayAgain(): Promise<void> {
    if (this.#context.incarnation === null) return;
    const connection = this.#connections.current()?.connection ?? null;
    await this.#announcements.again(connection, this.#delivery.inTrouble);
  }

  lookAt(): void {
    if (this.#context.incarnation === null) return;
    this.#connections.reconcile();
    this.#deadlines.changed();
    this.#settlement.meanwhile();
  }

  // Between the parts

  /** Made when it is needed first: most objects that wake neither begin nor end a registration. */
  get #lifecycle(): Lifecycle {
    this.#lifecycleMade ??= new Lifecycle(this.#context, this.#parts, (work) => this.ctx.waitUntil(work));
    return this.#lifecycleMade;
  }

  /** Of what is under way the alarm finds what is left to do. */
  async #giveUp(reason: string): Promise<void> {
    await this.#deadlines.wakeAt(this.#context.now());
    await this.ctx.storage.sync();
    this.ctx.abort(reason);
  }

  #line(): Line | null {
    const conversation = this.#connections.current();
    if (conversation === null) return null;
    return {
      protocol: conversation.session.protocol,
      registrationStatus: conversation.session.registrationStatus,
      // On a socket that is closing nothing is sent: what is queued is known to be unsent.
      busy: conversation.session.openCall !== null || conversation.socket.readyState !== WebSocket.OPEN,
      send: ({ id, action, payload, timeoutMs }: Command) => {
        this.#deadlines.changed();
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
    if (this.#context.eventLog.head !== head || this.#deadlines.isNearer) this.#settlement.meanwhile();
    return answer(registration);
  }

  #announce(): Promise<void> {
    return this.#announcements.announce(this.#connections.current()?.connection ?? null, this.#delivery.inTrouble);
  }
}
