/**
 * What a conversation, and who holds the connection, ask of the object around them. Must not know who does it.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import type { CheckedCall, Outcome, RefusedCall, Session } from "../../ocpp/session.ts";
import type { CertificateFacts } from "../../security/client-certificate.ts";
import type { Decision } from "./answerer.ts";
import type { SecurityKind } from "./security-reports.ts";

export interface ConversationPort {
  /** `later`: whoever decides says so by `answered`. */
  ask(call: CheckedCall, session: Session, connectionId: string): Promise<Decision | "later">;
  /** Ends a command; `null`: no command waits for this answer. */
  settle(messageId: string, outcome: (action: string) => Outcome): Outcome | null;
  reportSecurity(kind: SecurityKind, details: Record<string, unknown>): void;
  lineFree(): void;
  reportRefused(protocol: Protocol, refused: RefusedCall): void;
  bootAcknowledged(): void;
  watched(kept: string): void;
  /** The station went on after its warnings: the connection must end. */
  tooManyFrames(): void;
}

export interface ConnectionsPort extends ConversationPort {
  /** The CALL of that connection which is with the CSMS since before the object slept. */
  asked(connectionId: string): CheckedCall | null;
  /** It is let in by this certificate. */
  used(certificate: CertificateFacts): void;
  /** The connection came or went. */
  changed(online: boolean): void;
  /** The platform drops no single socket: with the object all go. Its rows stay, and who means well reconnects. */
  giveUp(reason: string): Promise<void>;
}
