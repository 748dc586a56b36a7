/**
 * The sockets of one station: admitted, superseded, heard, found gone. There is one connection at a time, the newest.
 * Must not know commands, webhooks or HTTP's API.
 */
import { log } from "../../log.ts";
import type { FrameRate } from "../../ocpp/frame-rate.ts";
import { type Expectation, expectationOf, isSilent, lookAt, nextLookAt } from "../../ocpp/presence.ts";
import { openSession } from "../../ocpp/session.ts";
import { admit, type Admitted } from "../../security/admission.ts";
import { shownPasswordMatches } from "../../security/password.ts";
import { withNewestProven } from "../../security/password-succession.ts";
import type { RefusalReason } from "../../security/refusal.ts";
import type { Agenda } from "../object/agenda.ts";
import type { StationContext } from "../object/context.ts";
import { closeSocket, closeUnreadable, readAttachment, writeAttachment } from "./attachment.ts";
import { CLOSE_REASONS, type CloseReason } from "./close-reasons.ts";
import { type ConnectRequest, readConnectRequest, refusedUpgrade } from "./connect-request.ts";
import { Conversation } from "./conversation.ts";
import type { ConnectionsPort } from "./connection-ports.ts";
import type { Deadline } from "../object/deadlines.ts";
import { stationSockets } from "../object/socket-tags.ts";
import { guardedFrame } from "./guarded-frame.ts";
import { hashing } from "./hashing.ts";
import { loggedConnection } from "./logged-connection.ts";
import type { SecurityReports } from "./security-reports.ts";
import { connectionFacts, isRevokedBy } from "./connection-facts.ts";
import { CERTIFICATE, OPEN_CALL, PRESENCE } from "./connection-deadlines.ts";
import { StrayFrames } from "./stray-frames.ts";

export class Connections {
  readonly #context: StationContext;
  readonly #sockets: DurableObjectState;
  readonly #agenda: Agenda;
  readonly #port: ConnectionsPort;
  readonly #security: SecurityReports;
  #current: Conversation | null = null;
  /** Of the connection before, since the object woke: a reconnect refills no bucket. */
  #rate: FrameRate | undefined;
  readonly #strays = new StrayFrames();
  /** The connection's socket was closed, since what rode with it could not be read; its end is not in the log yet. */
  #isUnreadable = false;
  #timedCall: string | null = null;

  constructor(
    context: StationContext,
    sockets: DurableObjectState,
    agenda: Agenda,
    port: ConnectionsPort,
    security: SecurityReports,
  ) {
    this.#context = context;
    this.#sockets = sockets;
    this.#agenda = agenda;
    this.#port = port;
    this.#security = security;
  }

  isOn(socket: WebSocket): boolean {
    return this.#current?.socket === socket;
  }

  /** The conversation on the live socket, woken from its attachment if the object slept. */
  current(): Conversation | null {
    if (this.#current !== null) return this.#current;
    for (const socket of stationSockets(this.#sockets)) {
      const conversation = this.#wake(socket);
      if (conversation !== null) return conversation;
    }
    return null;
  }

  async accept(request: Request): Promise<Response> {
    const connect = readConnectRequest(request, this.#context.id);
    if (connect === null) return refusedUpgrade("unreachable");
    const registration = this.#context.store.fact("registration") ?? null;
    const { ALLOW_PROFILE_0, PROTOCOLS } = this.#context.config;
    const admitted = await admit(
      connect.claims,
      registration,
      { allowProfile0: ALLOW_PROFILE_0, enabledProtocols: PROTOCOLS },
      (shown, kept) => hashing.pass(() => shownPasswordMatches(shown, kept)),
    );
    // Hashing a password takes time, in which the station may have been deregistered or its password replaced.
    if ((this.#context.store.fact("registration") ?? null) !== registration) return this.accept(request);
    if (!admitted.ok) {
      this.reportRefusal(admitted.error, connect.remoteAddress);
      return refusedUpgrade(admitted.error);
    }
    if (admitted.value.provedPassword && registration !== null)
      this.#context.store.setFact("registration", withNewestProven(registration));
    if (connect.claims.certificate !== null) this.#port.used(connect.claims.certificate);
    return this.#upgrade(connect, admitted.value);
  }

  /** A refused connection of a registered station is an event; of any other identity it leaves nothing behind. */
  reportRefusal(reason: RefusalReason, remoteAddress: string | null): void {
    if (this.#context.store.fact("registration") === undefined || reason === "unreachable") return;
    const kind = reason === "certificate-revoked" ? "certificate-revoked" : "connection-refused";
    this.#security.report(kind, { reason, remoteAddress });
  }

  #upgrade(connect: ConnectRequest, admitted: Admitted): Response {
    // After a crash the older one is lost already, not superseded.
    this.reconcile();
    this.#end(CLOSE_REASONS.superseded);
    const now = this.#context.now();
    const { admissionRevision = 0, validation: strictness = this.#context.config.VALIDATION } =
      this.#context.store.fact("registration") ?? {};
    const connection = connectionFacts(connect, admitted, now, admissionRevision);
    const { 0: client, 1: socket } = new WebSocketPair();
    this.#sockets.acceptWebSocket(socket);
    const { boot } = this.#context.eventLog.status;
    const { protocol, echoProtocol } = admitted;
    const session = openSession(protocol, strictness, boot?.status ?? "unknown");
    const unwatched = boot === null;
    const rate = this.#rate && { rate: this.#rate };
    writeAttachment(socket, { connection, session, lastMessageAt: now, presenceCheckedAt: 0, unwatched, ...rate });
    this.#context.emit("ocpp.station.connected", loggedConnection(connection));
    this.#wake(socket);
    this.#port.changed(true);
    const headers = {
      ...(echoProtocol && { "Sec-WebSocket-Protocol": protocol }),
      ...(connect.requestId !== undefined && { "X-Request-Id": connect.requestId }),
    };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** A frame of a superseded socket is nobody's. */
  async receive(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    const conversation = this.#wake(socket);
    if (conversation !== null) return conversation.receive(frame);
    if (this.#isUnreadable) return this.reconcile();
    await this.#ignore(socket, frame);
  }

  async #ignore(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
    if (!this.#strays.isTooMany(socket, frame)) return;
    const stationId = this.#context.id;
    log("warn", "a closed socket went on sending: the object ends, and its connections with it", { stationId });
    await this.#port.giveUp("a closed socket went on sending");
  }

  /** The socket closed. An old one's end never touches a newer connection. */
  closed(socket: WebSocket, { code, reason }: CloseReason): void {
    const conversation = this.#wake(socket);
    closeSocket(socket, code, reason);
    if (conversation !== null) this.#end({ code, reason: reason || "closed by the station" });
    // Its own end may have been all that was heard of one that could not be read.
    else if (this.#isUnreadable) this.reconcile();
  }

  /** Without a word to the log, which cannot be written. */
  closeAll({ code, reason }: CloseReason): void {
    this.#current = null;
    for (const socket of stationSockets(this.#sockets)) closeSocket(socket, code, reason);
  }

  /** Ends the connection from this side; `false`: there is none. */
  disconnect(why: CloseReason): boolean {
    const online = this.current() !== null;
    this.#end(why);
    return online;
  }

  /** After a crash no close event comes: a connection in the facts without a socket is over, and said so once. */
  reconcile(): void {
    if (this.#context.eventLog.connection === null || this.current() !== null) return;
    this.#end(this.#isUnreadable ? CLOSE_REASONS.unreadable : CLOSE_REASONS.lost);
  }

  /** The end of the live connection's certificate, of its line's silence and of its open CALL. */
  get deadlines(): Deadline[] {
    return [
      {
        at: () => this.current()?.connection.certificate?.notAfter ?? null,
        ...CERTIFICATE,
        look: () => this.#endExpired(),
      },
      { at: () => this.#presenceAt, ...PRESENCE, look: () => this.#look() },
      { at: () => this.#openCallAt, ...OPEN_CALL, look: () => this.current()?.tick() },
    ];
  }

  /** That CALL's deadline is the timer of a request that waits for it, and costs no alarm; `null`: no longer. */
  timedByRequest(messageId: string | null): void {
    this.#timedCall = messageId;
    this.#agenda.changed();
  }

  get #openCallAt(): number | null {
    const openCall = this.current()?.session.openCall ?? null;
    return openCall === null || openCall.messageId === this.#timedCall ? null : openCall.deadline;
  }

  /** The certificate that it was let in by counts no longer. */
  endRevoked(keys: readonly string[]): boolean {
    const { connection } = this.current() ?? {};
    if (connection === undefined || !isRevokedBy(connection, keys)) return false;
    this.#end(CLOSE_REASONS.certificateRevoked);
    this.#security.report("certificate-revoked", { fingerprint: connection.certificate?.fingerprint, live: true });
    return true;
  }

  /** A socket does not outlive the proof it was let in by. */
  #endExpired(): void {
    this.reconcile();
    const conversation = this.current();
    const certificate = conversation?.connection.certificate ?? null;
    if (certificate === null || certificate.notAfter > this.#context.now()) return;
    const { fingerprint, notAfter } = certificate;
    this.#end(CLOSE_REASONS.certificateExpired);
    this.#security.report("certificate-expired", { fingerprint, notAfter: new Date(notAfter).toISOString() });
  }

  /** By the alarm alone: who only reads must not end a connection. Whoever is silent is asked before that. */
  async #look(): Promise<void> {
    const conversation = this.current();
    if (conversation === null || conversation.isUnwatched) return;
    switch (lookAt(conversation.line, this.#expected, this.#context.now())) {
      case "none":
        return;
      case "alive":
        return conversation.foundAlive();
      case "ask":
        return conversation.probe();
      case "gone":
        this.#end(CLOSE_REASONS.silent);
    }
  }

  /** Called where a command has ended: what that left unanswered is asked for before the next command is sent in vain. */
  askIfSilent(): void {
    const conversation = this.current();
    if (conversation === null || conversation.line.openCall !== null) return;
    const expected = this.#expected;
    if (expected.mayBeAsked && isSilent(conversation.line, expected, this.#context.now())) void conversation.probe();
  }

  /** ms since the epoch at which the alarm must look at the line; `null`: there is none to be looked at. */
  get #presenceAt(): number | null {
    const conversation = this.current();
    if (conversation === null || conversation.isUnwatched) return null;
    return nextLookAt(conversation.line, this.#expected);
  }

  get #expected(): Expectation {
    const { HEARTBEAT_INTERVAL_SECONDS, PRESENCE_CHECK_SECONDS } = this.#context.config;
    return expectationOf(this.#context.eventLog.status.boot, HEARTBEAT_INTERVAL_SECONDS, PRESENCE_CHECK_SECONDS * 1000);
  }

  #end({ code, reason }: CloseReason): void {
    const conversation = this.current();
    const { connection } = this.#context.eventLog;
    this.#current = null;
    this.#isUnreadable = false;
    if (conversation !== null) this.#rate = conversation.gate.kept;
    conversation?.end();
    // Without its attachment a socket is nobody's, so a late frame or close of it cannot touch a newer connection.
    conversation?.socket.serializeAttachment(null);
    if (connection === null) return;
    this.#port.changed(false);
    const silent = reason === CLOSE_REASONS.silent.reason && conversation?.silence(this.#context.now());
    this.#context.emit("ocpp.station.disconnected", { ...connection, code, reason, ...silent });
    if (conversation !== null) closeSocket(conversation.socket, code, reason);
  }

  /** The conversation of a socket, `null` if it is not the connection that counts. */
  #wake(socket: WebSocket): Conversation | null {
    if (this.#current?.socket === socket) return this.#current;
    const read = readAttachment(socket);
    if (!read.ok) return this.#dropUnreadable(socket, read.error);
    const attachment = read.value;
    if (attachment === null) return null;
    if (this.#current?.connection.id !== attachment.connection.id) {
      this.#current = new Conversation(socket, attachment, this.#context, this.#agenda, this.#port);
      const asked = attachment.asks === true ? this.#port.asked(attachment.connection.id) : null;
      if (asked !== null) this.#current.asks(asked);
      // The request that watched its deadline may have ended with the object that was here before.
      if (attachment.session.openCall !== null) this.#agenda.changed();
    }
    return this.#current;
  }

  /** The log of events is not told here: it asks for the connection itself while it is read. Who comes next reconciles. */
  #dropUnreadable(socket: WebSocket, reason: string): null {
    this.#isUnreadable = true;
    closeUnreadable(socket, this.#context.id, reason);
    return null;
  }

  guarded = (work: () => Promise<void>): Promise<void> => guardedFrame(this.#context.id, work);
}
