/**
 * The parts of a station's object, and who tells whom of what: made once for each object that wakes. Must not know the runtime's
 * handlers, nor who asks for anything.
 */
import type { Env } from "../env.ts";
import type { Protocol } from "../ocpp/protocol.ts";
import type { CheckedCall, Outcome } from "../ocpp/session.ts";
import { isCertificateBrought } from "./certificate/certificate-taken.ts";
import { CertificateOffice, isAnsweredHere, isCertified } from "./certificate/certificate-office.ts";
import type { Command } from "./command/command-row.ts";
import { reportToCampaign } from "./command/campaign-report.ts";
import { Commands } from "./command/commands.ts";
import { lineOf } from "./command-line.ts";
import { ReconnectHold } from "./command/reconnect-hold.ts";
import { type Decision, withCeiling } from "./connection/answerer.ts";
import { CLOSE_REASONS } from "./connection/close-reasons.ts";
import type { ConnectionsPort } from "./connection/connection-ports.ts";
import { Connections } from "./connection/connections.ts";
import { hasCsms } from "./connection/csms.ts";
import { KeptCalls } from "./connection/kept-calls.ts";
import { Questions } from "./connection/questions.ts";
import { RefusedCalls } from "./connection/refused-calls.ts";
import { SecurityReports } from "./connection/security-reports.ts";
import { Delivery } from "./delivery/delivery.ts";
import { CsmsLink } from "./link/csms-link.ts";
import type { LinkPort } from "./link/link-port.ts";
import { standingOf } from "./link/standing.ts";
import { linkAnswer, linkCommand } from "./link-command.ts";
import { Tail } from "./tail/tail.ts";
import { Agenda } from "./object/agenda.ts";
import { StationContext } from "./object/context.ts";
import { officePort } from "./office-port.ts";
import { OPERATION_MAX_MS, Operations } from "./operation/operations.ts";
import { lastEnded } from "./storage/past-connections.ts";
import { Announcements } from "./registration/announcements.ts";
import { Lifecycle } from "./registration/lifecycle.ts";

/** What a station is told where its CSMS is to come by its own socket, and has not. */
const DOWN: Decision = { answer: null, answeredBy: "csms" };

export class StationParts {
  readonly context: StationContext;
  readonly agenda: Agenda;
  readonly announcements: Announcements;
  readonly delivery: Delivery;
  readonly commands: Commands;
  readonly connections: Connections;
  readonly link: CsmsLink;
  readonly #object: DurableObjectState;
  readonly #hold = new ReconnectHold();
  #lifecycle: Lifecycle | null = null;
  #tail: Tail | null = null;
  #operations: Operations | null = null;
  #certificates: CertificateOffice | null = null;
  readonly #security: SecurityReports;

  constructor(object: DurableObjectState, env: Env) {
    this.#object = object;
    const background = (work: Promise<void>) => object.waitUntil(work);
    this.context = new StationContext(object, env, () => this.connections.current());
    this.agenda = new Agenda(this.context, object.storage, background);
    this.announcements = new Announcements(this.context, this.agenda, () => ({
      connection: this.connections.current()?.connection ?? null,
      undelivered: this.delivery.inTrouble,
      hasCsms: this.hasCsms,
    }));
    this.delivery = new Delivery(
      this.context,
      this.agenda,
      () => this.announcements.announce(),
      (log, webhook) => this.lifecycle.turn(log, webhook),
    );
    this.commands = new Commands(
      this.context,
      () => lineOf(this.connections.current(), this.#hold.isOn, () => this.agenda.changed()),
      (command) => this.#completed(command),
    );
    this.#security = new SecurityReports(this.context);
    this.connections = new Connections(this.context, object, this.agenda, this.#port(), this.#security);
    this.link = new CsmsLink(this.context, object, this.agenda, this.#linkPort());
    this.agenda.addDeadlines(this.connections.deadlines);
    this.agenda.addDeadlines(this.link.deadlines);
    // Before the commands', which are sent once it has ended.
    const look = () => this.#hold.look(this.context.now(), this.#isDeciding);
    this.agenda.addDeadlines([{ ...this.#hold.deadline, look }]);
    this.agenda.addDeadlines(this.commands.deadlines);
    this.agenda.addDeadlines(this.announcements.deadlines(background));
    this.agenda.addDeadlines([
      { at: () => this.#laterAt, aheadMaxMs: OPERATION_MAX_MS, look: () => this.#lookLater() },
    ]);
    this.agenda.addSink(this.delivery);
    this.agenda.addSink(this.link);
  }

  /** Whether somebody answers what the edge does not decide. */
  get hasCsms(): boolean {
    const csms = this.context.store.fact("registration")?.csms;
    if (csms === "standalone") return false;
    return (csms !== "http" && this.link.isLive) || (csms !== "link" && hasCsms(this.context.env, this.context.config));
  }

  /** Made when it is needed first: most objects that wake neither begin nor end a registration. */
  get lifecycle(): Lifecycle {
    this.#lifecycle ??= new Lifecycle(this.context, this, (work) => this.#object.waitUntil(work));
    return this.#lifecycle;
  }

  /** The same: most are watched by nobody. */
  get tail(): Tail {
    this.#tail ??= new Tail(this.context, this.#object, () => this.connections.current());
    return this.#tail;
  }

  /** The same: most have no operation under way. */
  get operations(): Operations {
    this.#operations ??= new Operations(this.context, {
      commands: this.commands,
      conversation: () => this.connections.current(),
      registered: () => this.#object.waitUntil(this.announcements.registered().catch(() => this.announcements.again())),
    });
    return this.#operations;
  }

  get #operating(): Operations | null {
    return this.context.store.fact("operation") === undefined ? null : this.operations;
  }

  /** The same: most have no certificate, and ask for none. */
  get certificates(): CertificateOffice {
    this.#certificates ??= new CertificateOffice(
      this.context,
      officePort(this, this.#object, this.#security, () => this.#protocol),
    );
    return this.#certificates;
  }

  get #certifying(): CertificateOffice | null {
    return isCertified(this.context) ? this.certificates : null;
  }

  /** Of what takes days. */
  get #laterAt(): number | null {
    const all = [this.context.store.fact("operation")?.expiresAt, this.#certifying?.at].flatMap((at) => at ?? []);
    return all.length === 0 ? null : Math.min(...all);
  }

  #lookLater(): void {
    this.#operating?.look();
    // On a socket that came before there was such a fact, which a deploy need not cut.
    const certificate = this.connections.current()?.connection.certificate ?? null;
    if (certificate !== null && !isCertified(this.context)) this.certificates.used(certificate);
    this.#certifying?.look();
  }

  /** The station has connected: what waits for it comes behind its own first word. */
  returned(): void {
    const waits = this.commands.queued.length > 0 || this.#operating !== null || this.#certifying?.isWaiting === true;
    if (waits) this.#hold.begin(this.context.now());
    else this.#hold.end();
    this.#operating?.connected();
    this.#certifying?.returned();
    this.agenda.changed();
  }

  /** The station has said something. */
  heard(): void {
    if (this.context.isCountDue()) this.#object.waitUntil(this.announcements.handOver());
    if (this.#hold.isOn && !this.#isDeciding) {
      this.#hold.end();
      this.commands.sendNext();
    }
    // A Heartbeat that wakes the object reads no storage: what an operation waits for is said by other messages, or by the alarm.
    if (this.context.headIfRead !== null) this.#operating?.look();
  }

  /** Of what is under way the alarm finds what is left to do. */
  async #giveUp(reason: string): Promise<void> {
    await this.agenda.wakeAt(this.context.now());
    await this.#object.storage.sync();
    this.#object.abort(reason);
  }

  /** What a connection asks of the other parts. */
  #port(): ConnectionsPort {
    const questions = new Questions(this.context);
    const refusedCalls = new RefusedCalls(this.context);
    return {
      ask: (call, { protocol }, connectionId) => this.#ask(call, protocol, connectionId, questions),
      asked: (connectionId) => this.link.questionOf(connectionId),
      settle: (messageId, outcome) => this.#settle(messageId, outcome),
      lineFree: () => this.commands.sendNext(),
      reportSecurity: (kind, details) => this.#security.report(kind, details),
      reportRefused: (protocol, refused) => refusedCalls.report(protocol, refused),
      bootAcknowledged: () => {
        this.agenda.changed();
        this.link.tell();
        void this.announcements.announce();
      },
      watched: (kept) => this.tail.woken(kept),
      tooManyFrames: () => this.connections.disconnect(CLOSE_REASONS.tooManyMessages),
      used: (certificate) => {
        if (this.context.store.fact("certificate")?.fingerprint !== certificate.fingerprint)
          this.certificates.used(certificate);
      },
      changed: (online) => this.#connectionChanged(online),
      giveUp: (reason) => this.#giveUp(reason),
    };
  }

  #settle(messageId: string, outcome: (action: string) => Outcome): Outcome | null {
    const { status } = this.context.eventLog;
    try {
      return this.commands.settle(messageId, outcome);
    } finally {
      // The line is free, whatever became of the row.
      if (status !== this.context.eventLog.status) {
        this.agenda.changed();
        // How often it says that it is there.
        this.link.tell();
      }
      this.connections.askIfSilent();
      this.#operating?.look();
      this.commands.sendNext();
    }
  }

  #connectionChanged(online: boolean): void {
    // What is kept for who watches rides with the new socket.
    if (online && this.context.watch !== null) this.connections.current()?.save();
    this.agenda.changed();
    if (!online) {
      // A process that dies while this is delivered leaves nobody to try it again; a station that is there comes back to it.
      if (this.context.eventLog.isFollowed) this.agenda.lookAtSinks();
      this.commands.lineLost();
      if (this.commands.queued.some(isCertificateBrought)) this.certificates.lineLost();
    }
    this.link.tell();
    // Once its event is in the log: that says why it is gone.
    void Promise.resolve().then(() => this.announcements.announce());
  }

  /** [interface.md §2] The link takes the place of CSMS_URL for its station, and where it is said to nobody else answers. */
  async #ask(call: CheckedCall, protocol: Protocol, connectionId: string, questions: Questions) {
    const csms = this.context.store.fact("registration")?.csms;
    if (csms !== "link" && isAnsweredHere(call, this.context.config)) {
      const decision = await this.certificates.ask(call, protocol, connectionId);
      if (decision !== null) return decision;
    }
    if ((csms === undefined || csms === "link") && this.link.isLive) {
      this.link.ask(call, protocol, connectionId);
      return "later" as const;
    }
    return csms === "link" ? DOWN : questions.ask(call, protocol);
  }

  #linkPort(): LinkPort {
    const kept = new KeptCalls(this.context);
    return {
      protocol: () => this.#protocol,
      standing: () => this.#standing(),
      pass: (frame) => this.connections.current()?.pass(frame),
      command: (call) => linkCommand(this, this.#protocol, call),
      answered: ({ call, connectionId, protocol }, answer) => {
        const decision = withCeiling(this.context, call, { answer, answeredBy: "csms" });
        const conversation = this.connections.current();
        if (conversation?.connection.id !== connectionId) kept.keepUnsaid(protocol, call, decision);
        else this.#object.waitUntil(this.connections.guarded(() => conversation.answered(call, decision)));
      },
    };
  }

  /** The version that the station speaks, or spoke last. */
  get #protocol(): Protocol {
    const { connection, past } = this.context.eventLog;
    const live =
      this.connections.current()?.session.protocol ??
      ((connection ?? lastEnded(past))?.protocol as Protocol | undefined);
    return live ?? this.context.store.fact("registration")?.protocols[0] ?? "ocpp1.6";
  }

  #standing(): string {
    return standingOf(this.connections.current()?.connection ?? null, this.context.eventLog.status.boot);
  }

  #completed(command: Command): void {
    if (command.campaignId !== undefined)
      this.#object.waitUntil(reportToCampaign(this.context.env, this.context.id, command));
    this.#operating?.completed(command);
    // Also of one that has none yet.
    (isCertificateBrought(command) ? this.certificates : this.#certifying)?.completed(command);
    const frame = linkAnswer(this, this.#protocol, command);
    if (frame !== null) this.link.send(frame);
  }

  /** Somebody is asked for the answer to what the station said. */
  get #isDeciding(): boolean {
    return (this.connections.current()?.session.asking ?? null) !== null;
  }
}
