/**
 * One Charging Station: the Durable Object that owns its socket, registration, commands and outbox. Each handler of
 * the runtime makes one call on a part; must not know OCPP's rules or HTTP's.
 */
import { DurableObject } from "cloudflare:workers";
import type { WebhookBacklog } from "../delivery/backlog.ts";
import type { Env } from "../env.ts";
import type { Transition } from "../fleet/transition.ts";
import { forgetWebhooks } from "../webhooks/webhook-registry.ts";
import { ok, type Result } from "../result.ts";
import type { OperationKind, OperationView } from "../security/operation/operation.ts";
import type { RefusalReason } from "../security/refusal.ts";
import { ended } from "./command/awaited-command.ts";
import type { CommandView } from "./command/command-view.ts";
import { certificateViews } from "./certificate/certificate-views.ts";
import { CLOSE_REASONS } from "./connection/close-reasons.ts";
import { webhookBacklogs } from "./delivery/webhook-backlogs.ts";
import { connectionViews } from "./history/connection-views.ts";
import { messagesPage } from "./history/messages-page.ts";
import { readBound } from "./object/bound-labels.ts";
import { isLinkRequest } from "./link/link-request.ts";
import { LINK_TAG, LIVE_TAG } from "./object/socket-tags.ts";
import { isLiveRequest, readLiveRequest } from "./tail/live-request.ts";
import { StationParts } from "./station-parts.ts";
import type {
  CertificateView,
  CommandPage,
  CommandRefusal,
  CommandRequest,
  ConnectionView,
  Known,
  MessagesPage,
  MessagesQuery,
  OperationRefusal,
  OperationRequest,
  Registered,
  RegisterRequest,
  RegistrationRefusal,
  StationRpc,
  StationView,
} from "./station-rpc.ts";
import { stationView } from "./station-view.ts";
import type { StoredRegistration } from "./storage/facts.ts";

export class ChargingStation extends DurableObject<Env> implements StationRpc {
  readonly #parts: StationParts;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#parts = new StationParts(ctx, env);
  }

  // The runtime's handlers

  override async fetch(request: Request): Promise<Response> {
    if (isLinkRequest(request)) {
      const linked = this.#parts.link.accept(readBound(request));
      void this.#parts.announcements.announce();
      return this.#accepted(linked);
    }
    if (isLiveRequest(request)) return this.#accepted(this.#parts.tail.accept(readLiveRequest(request)));
    // Who watches since before the object slept is to see this one come.
    if (this.ctx.getWebSockets(LIVE_TAG).length > 0) this.#parts.tail.wake();
    const response = await this.#parts.connections.accept(request);
    if (response.status === 101) this.#parts.returned();
    return this.#accepted(response);
  }

  #accepted(response: Response): Response {
    this.#parts.agenda.meanwhile();
    return response;
  }

  /** An awake station's own socket is known: to ask for its tags costs a tenth of a Heartbeat. */
  #guest(socket: WebSocket): "link" | "tail" | null {
    if (this.#parts.connections.isOn(socket)) return null;
    const [tag] = this.ctx.getTags(socket);
    return tag === LINK_TAG ? "link" : tag === LIVE_TAG ? "tail" : null;
  }

  #closed(socket: WebSocket, code: number, reason: string): Promise<void> {
    const guest = this.#guest(socket);
    if (guest === null) this.#parts.connections.closed(socket, { code, reason });
    else this.#parts[guest].closed(socket, code, reason);
    if (guest === "link") void this.#parts.announcements.announce();
    return this.#parts.agenda.now();
  }

  override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const guest = this.#guest(socket);
    if (guest !== null) {
      await this.#parts.connections.guarded(async () => this.#parts[guest].receive(socket, frame));
      return this.#parts.agenda.now();
    }
    this.#parts.context.counts.received();
    const head = this.#parts.context.headIfRead;
    // What was heard last is in the socket's attachment: it tells of the clock also where the object slept.
    this.#parts.agenda.seen(this.#parts.connections.current()?.lastMessageAt);
    await this.#parts.connections.guarded(() => this.#parts.connections.receive(socket, frame));
    this.#parts.agenda.seen(this.#parts.context.now());
    this.#parts.heard();
    // A Heartbeat ends here: nothing new to deliver, no deadline that came nearer.
    if (this.#parts.context.headIfRead !== head || this.#parts.agenda.isNearer) await this.#parts.agenda.now();
  }

  override async webSocketClose(socket: WebSocket, code: number, reason: string): Promise<void> {
    await this.#closed(socket, code, reason);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    await this.#closed(socket, CLOSE_REASONS.broke.code, CLOSE_REASONS.broke.reason);
  }

  override async alarm(): Promise<void> {
    this.#parts.agenda.alarmIsOver();
    if (this.#parts.context.hasEnded) await this.#parts.lifecycle.goOn();
    await this.#parts.agenda.ring();
  }

  // What the Worker asks for

  register(request: RegisterRequest): Promise<Registered | RegistrationRefusal> {
    return this.#parts.lifecycle.register(request);
  }

  describe(): Known<StationView> {
    return this.#asked((registration) => stationView(this.#parts, registration));
  }

  deregister(): Promise<boolean> {
    return this.#parts.lifecycle.deregister();
  }

  async disconnect(): Promise<boolean> {
    if (this.#parts.context.store.fact("registration") === undefined) return false;
    this.#parts.connections.disconnect(CLOSE_REASONS.byOperator);
    this.#parts.agenda.meanwhile();
    return true;
  }

  endRevoked(keys: readonly string[]): boolean {
    if (this.#parts.context.incarnation === null) return false;
    const hasEnded = this.#parts.connections.endRevoked(keys);
    if (hasEnded) this.#parts.agenda.meanwhile();
    return hasEnded;
  }

  async reportRefusal(reason: RefusalReason, remoteAddress: string | null): Promise<void> {
    this.#parts.connections.reportRefusal(reason, remoteAddress);
    this.#parts.agenda.meanwhile();
  }

  async command(request: CommandRequest, wait: boolean): Promise<Known<Result<CommandView, CommandRefusal>>> {
    if (this.#parts.context.store.fact("registration") === undefined) return null;
    this.#parts.connections.reconcile();
    const submitted = this.#parts.commands.submit(request);
    const isConnected = this.#parts.connections.current() !== null;
    const isAwaited = submitted.ok && wait && isConnected && !this.#parts.commands.isPostponed(submitted.value.command);
    const awaited = isAwaited ? ended(submitted.value.command, this.#parts, this.#parts.context.now()) : null;
    this.#parts.agenda.changed();
    this.#parts.agenda.meanwhile();
    if (!submitted.ok) return submitted;
    return ok(awaited === null ? submitted.value.command : await awaited);
  }

  readCommand(id: string): Known<CommandView> {
    return this.#asked(() => this.#parts.commands.read(id));
  }

  listCommands(limit: number, before?: string | null): Known<CommandPage | CommandView[]> {
    const page = this.#asked(() => this.#parts.commands.page(before ?? null, limit));
    return before === undefined ? (page?.commands ?? null) : page;
  }

  async cancelCommand(id: string): Promise<"cancelled" | "not-queued" | "unknown"> {
    if (this.#parts.context.store.fact("registration") === undefined) return "unknown";
    const done = this.#parts.commands.cancel(id);
    this.#parts.agenda.meanwhile();
    return done;
  }

  async operate(request: OperationRequest): Promise<Known<Result<OperationView, OperationRefusal>>> {
    if (this.#parts.context.store.fact("registration") === undefined) return null;
    this.#parts.connections.reconcile();
    const begun = await this.#parts.operations.begin(request);
    this.#parts.agenda.changed();
    this.#parts.agenda.meanwhile();
    return begun;
  }

  readOperation(kind: OperationKind): Known<OperationView | "none"> {
    return this.#asked(() => this.#parts.operations.read(kind));
  }

  cancelOperation(kind: OperationKind): Known<OperationView | "none" | "not-running"> {
    return this.#asked(() => this.#parts.operations.cancel(kind));
  }

  listMessages(query: MessagesQuery): Known<MessagesPage> {
    return this.#asked(() => messagesPage(this.#parts.context, query));
  }

  listConnections(): Known<ConnectionView[]> {
    return this.#asked(() =>
      connectionViews(this.#parts.context, this.#parts.connections.current()?.connection ?? null),
    );
  }

  listCertificates(): Known<CertificateView[]> {
    return this.#asked(() => certificateViews(this.#parts.context));
  }

  async deliverSoon(order?: string, isFromTime = false): Promise<void> {
    if (this.#parts.context.store.fact("registration") === undefined) return;
    forgetWebhooks(order);
    // Where all is delivered it is the list of webhooks that says what is to be sent again.
    if (isFromTime) await this.#parts.delivery.known();
    // Of the many that are asked most have nothing that waits, and an alarm is a row.
    if (this.#parts.delivery.hasWork) await this.#parts.agenda.wakeAt(this.#parts.context.now());
  }

  sayAgain(): Promise<void> {
    return this.#parts.announcements.again();
  }

  backlogs(): Known<WebhookBacklog[]> {
    return this.#asked(() => webhookBacklogs(this.#parts.context.eventLog));
  }

  standing(): Known<Transition> {
    return this.#asked(() => this.#parts.announcements.transition());
  }

  list(): Promise<void> {
    return this.#parts.announcements.registered();
  }

  lookAt(): void {
    if (this.#parts.context.incarnation === null) return;
    this.#parts.connections.reconcile();
    this.#parts.agenda.changed();
    this.#parts.agenda.meanwhile();
  }

  /** What a crash took is found by who asks, and told to the webhooks. */
  #asked<T>(answer: (registration: StoredRegistration) => T): Known<T> {
    const registration = this.#parts.context.store.fact("registration");
    if (registration === undefined) return null;
    const { head } = this.#parts.context.eventLog;
    this.#parts.connections.reconcile();
    if (this.#parts.context.eventLog.head !== head || this.#parts.agenda.isNearer) this.#parts.agenda.meanwhile();
    return answer(registration);
  }
}
