import fc from "fast-check";
import { expect, test } from "vitest";
import { advance, type OperationEvent } from "../../../src/security/operation/advance.ts";
import type { Operation } from "../../../src/security/operation/operation.ts";
import type { PasswordHash } from "../../../src/security/password.ts";
import {
  formerOnes,
  hasRoomForPassword,
  withNewest,
  withNewestProven,
  withoutNewest,
} from "../../../src/security/password-succession.ts";

const HAPPENINGS = [
  ...[
    "begin",
    "accept",
    "accept later",
    "reject",
    "lose",
    "accept and lose",
    "accept later and lose",
    "answer uselessly",
  ],
  ...["reconnect", "start again", "come late", "cancel", "expire"],
] as const;
const hashOf = (hash: string): PasswordHash => ({ iterations: 1, salt: "", hash });

/** A station and what is kept of it: its passwords, an operation, and the command that is under way. */
class Life {
  registration: { password: PasswordHash | null; formerPassword?: PasswordHash; formerPasswords?: PasswordHash[] } = {
    password: hashOf("p0"),
  };
  operation: Operation | null = null;
  readonly ended: string[] = [];
  station: { now: string; next?: string } = { now: "p0" };
  isOnline = true;
  #made = 0;
  #commands = 0;
  /** Commands whose answers are on their way still. */
  readonly #late: string[] = [];

  get counted(): string[] {
    const { password } = this.registration;
    return [...(password === null ? [] : [password]), ...formerOnes(this.registration)].map(({ hash }) => hash);
  }

  happen(what: string): void {
    const command = this.operation?.command;
    const isUnsent = command !== undefined && !this.isOnline;
    switch (what) {
      case "begin":
        this.#begin();
        break;
      case "start again":
        this.station = { now: this.station.next ?? this.station.now };
        this.#connect();
        break;
      case "reconnect":
        this.#connect();
        break;
      case "cancel":
        this.#apply({ kind: "cancelled", isUnsent });
        break;
      case "expire":
        this.#apply({ kind: "expired", isUnsent });
        break;
      case "come late": {
        const late = this.#late.pop();
        if (late !== undefined) this.#apply({ kind: "answered", command: late, answer: { status: "RebootRequired" } });
        break;
      }
      default:
        if (command !== undefined && this.isOnline) this.#answer(what, command);
    }
  }

  #answer(what: string, command: string): void {
    const said = this.operation?.password?.hash ?? "";
    if (what.startsWith("accept later")) this.station = { ...this.station, next: said };
    else if (what.startsWith("accept")) this.station = { now: said };
    const status = { accept: "Accepted", "accept later": "RebootRequired", reject: "Rejected" }[what];
    if (status !== undefined) this.#apply({ kind: "answered", command, answer: { status } });
    else {
      this.isOnline = !what.endsWith("lose");
      if (what === "accept later and lose") this.#late.push(command);
      this.#apply({ kind: "unknown", command, reason: "no answer, or none that can be used" });
    }
  }

  #begin(): void {
    if (this.operation !== null || !hasRoomForPassword(this.registration)) return;
    const hash = `p${++this.#made}`;
    this.registration = withNewest(this.registration, hashOf(hash));
    const base = {
      id: hash,
      kind: "password-rotation",
      state: "running",
      steps: [],
      attempts: 0,
      reset: "none",
    } as const;
    this.operation = {
      ...base,
      steps: [],
      startedAt: 0,
      expiresAt: 1,
      password: { plain: `${hash} in the clear`, hash },
    };
    if (this.isOnline) this.#apply({ kind: "ready", protocol: "ocpp1.6" });
  }

  #connect(): void {
    expect(this.counted).toContain(this.station.now);
    this.isOnline = true;
    if (this.registration.password?.hash === this.station.now) this.registration = withNewestProven(this.registration);
    const isOwn = this.registration.password?.hash === this.operation?.password?.hash;
    const provedPassword = isOwn && formerOnes(this.registration).length === 0;
    this.#apply({ kind: "connected", protocol: "ocpp1.6", securityProfile: 1, provedPassword, hasRequested: true });
  }

  #apply(event: OperationEvent): void {
    if (this.operation === null) return;
    const { operation, effects } = advance(this.operation, event, 0);
    expect(advance({ ...operation, state: "done" }, event, 0).effects).toEqual([]);
    this.operation = operation;
    for (const effect of effects) {
      if (effect.kind === "drop-password") this.registration = withoutNewest(this.registration);
      if (effect.kind === "send" && effect.isOurs) this.operation = { ...operation, command: `c${++this.#commands}` };
    }
    if (this.operation.state !== "running") {
      expect(JSON.stringify(this.operation)).not.toContain("in the clear");
      this.ended.push(this.operation.state);
      this.operation = null;
    } else if (this.isOnline && this.operation.command === undefined && event.kind !== "ready") {
      this.#apply({ kind: "ready", protocol: "ocpp1.6" });
    }
  }
}

test("Whatever happens to a rotation, each password that the station has or will have counts", () => {
  const ends = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...HAPPENINGS), { maxLength: 30 }), (happenings) => {
      const life = new Life();
      for (const what of happenings) {
        life.happen(what);
        expect(life.counted, what).toEqual(
          expect.arrayContaining([life.station.now, life.station.next ?? life.station.now]),
        );
      }
      for (const state of life.ended) ends.add(state);
    }),
    { numRuns: 2_000 },
  );
  expect([...ends].sort()).toEqual(["cancelled", "done", "failed"]);
});
