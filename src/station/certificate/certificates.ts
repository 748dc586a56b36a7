/**
 * The certificates of one station: which count, which it used, and the document that remembers them. Must not know how one is issued,
 * nor sockets.
 */
import { parseJson } from "../../json.ts";
import { type CertificateRecord, issuedSince, withChange, withRecord } from "../../security/certificate/history.ts";
import { withNext, withoutNext, withUsed } from "../../security/certificate/succession.ts";
import type { CertificateFacts } from "../../security/client-certificate.ts";
import type { IssuedCertificate } from "../../security/x509/issued.ts";
import type { StationContext } from "../object/context.ts";
import type { StoredRegistration } from "../storage/facts.ts";
import { lastEnded } from "../storage/past-connections.ts";

/** Its names are not known of a socket that came to an older release. */
export type ShownCertificate = Omit<CertificateFacts, "commonName" | "organization"> &
  Partial<Pick<CertificateFacts, "commonName" | "organization">>;

const DOCUMENT = "~certificates";
/** Characters of a name: whoever makes a certificate writes it. */
const NAME_MAX_LENGTH = 256;

export class Certificates {
  readonly #context: StationContext;

  constructor(context: StationContext) {
    this.#context = context;
  }

  get all(): CertificateRecord[] {
    const text = this.#context.store.documentText(DOCUMENT);
    return text === undefined ? [] : parseJson<CertificateRecord[]>(text);
  }

  issuedSince(at: number): number {
    return issuedSince(this.all, at);
  }

  /** It counts from now on, beside those that do: before the station can have it. */
  issued({ chain: _, ...certificate }: IssuedCertificate, issuedBy: string): void {
    const { store, now } = this.#context;
    const { fingerprint } = certificate;
    const record = { ...certificate, subject: cut(certificate.subject), issuer: cut(certificate.issuer) };
    const all = withRecord(this.all, { ...record, issuedBy, issuedAt: now() });
    if (store.fact("certificate")?.fingerprint !== fingerprint) {
      this.#keep(all);
      this.#register((registration) => withNext(registration, fingerprint));
      return;
    }
    // The station was quicker with what a backend brought than we with its answer: what it used before gives way now.
    const registration = store.fact("registration");
    this.#succeeds(
      all,
      fingerprint,
      registration && withUsed(withNext(registration, fingerprint), fingerprint, leftLast(all)),
    );
  }

  /** The station has said Accepted to it. */
  isTaken(fingerprint: string): boolean {
    return this.all.some((each) => each.fingerprint === fingerprint && each.takenAt !== undefined);
  }

  taken(fingerprint: string): void {
    this.#keep(withChange(this.all, fingerprint, { takenAt: this.#context.now() }));
  }

  refused(fingerprint: string): void {
    this.#keep(withChange(this.all, fingerprint, { refusedAt: this.#context.now() }));
    this.#register((registration) => withoutNext(registration, fingerprint));
  }

  /** The station said no to one that it might have: if it never said yes. */
  notTaken(fingerprint: string): void {
    const known = this.all.find((each) => each.fingerprint === fingerprint);
    if (known !== undefined && known.takenAt === undefined && known.firstUsedAt === undefined)
      this.refused(fingerprint);
  }

  /** The station connects by another one than before. */
  used(certificate: ShownCertificate): void {
    const { store, eventLog } = this.#context;
    const now = this.#context.now();
    const { fingerprint, notAfter, commonName, organization = null } = certificate;
    const { issuerKeyId = null, serialNumber = null } = certificate;
    const last = eventLog.connection?.certificate ?? lastEnded(eventLog.past)?.certificate ?? null;
    const before = store.fact("certificate")?.fingerprint ?? last?.fingerprint ?? null;
    const isFirst = before === fingerprint;
    const registration = store.fact("registration");
    const known = this.all;
    const shown = { fingerprint, notAfter, issuerKeyId, serialNumber, issuer: null, firstUsedAt: now };
    const isKnown = commonName === undefined || known.some((each) => each.fingerprint === fingerprint);
    const name = `CN=${commonName}${organization === null ? "" : `,O=${organization}`}`;
    const watched = known.find((each) => each.fingerprint === fingerprint)?.watched;
    let all = withRecord(known, { ...shown, subject: isKnown ? null : cut(name) });
    if (before !== null && !isFirst) all = withChange(all, before, this.#left(now));
    store.setFact("certificate", { since: now, ...watched, fingerprint, notAfter });
    this.#succeeds(all, fingerprint, registration && withUsed(registration, fingerprint, before));
  }

  /** @param next the registration, once those before have given way to the one that the station uses */
  #succeeds(all: readonly CertificateRecord[], usedNow: string, next: StoredRegistration | undefined): void {
    const { store, now } = this.#context;
    const known = store.fact("registration");
    const { retired: before = [] } = known?.issued ?? {};
    const gone = next === known ? [] : (next?.issued?.retired ?? []).filter((each) => !before.includes(each));
    this.#keep(all.map((each) => (gone.includes(each.fingerprint) ? { ...each, retiredAt: now() } : each)));
    if (next !== undefined) this.#register(() => next);
    for (const fingerprint of gone)
      this.#context.emit("ocpp.security", { kind: "certificate-retired", fingerprint, usedNow, suppressedBefore: 0 });
  }

  /** Who goes to and fro between two certificates is not told of each end anew. */
  #left(now: number): Partial<CertificateRecord> {
    const { since = now, told, renewal } = this.#context.store.fact("certificate") ?? {};
    return {
      lastUsedAt: now,
      watched: { since, ...(told !== undefined && { told }), ...(renewal !== undefined && { renewal }) },
    };
  }

  #keep(all: CertificateRecord[]): void {
    this.#context.store.setDocument(DOCUMENT, all);
  }

  #register(change: (registration: StoredRegistration) => StoredRegistration): void {
    const registration = this.#context.store.fact("registration");
    if (registration === undefined) return;
    const changed = change(registration);
    if (changed !== registration)
      this.#context.store.setFact("registration", { ...changed, revision: (changed.revision ?? 0) + 1 });
  }
}

/** Of those that the station used, the one that it left last. */
const leftLast = (all: readonly CertificateRecord[]): string | null =>
  all.reduce<CertificateRecord | null>(
    (last, each) => ((each.lastUsedAt ?? 0) > (last?.lastUsedAt ?? 0) ? each : last),
    null,
  )?.fingerprint ?? null;

const cut = (text: string): string => text.slice(0, NAME_MAX_LENGTH).toWellFormed();
