/**
 * Who is signed in: by an API key that stays in this tab's storage, or by Cloudflare Access, where no key is needed. Must not know any
 * page, and never puts the key into an address, the history or a log.
 */
import { computed, signal } from "@preact/signals";
import { Kerbside, type ClientOptions } from "../../client/kerbside.ts";
import type { KeyView, Scope } from "../../client/key.ts";
import { KerbsideProblem } from "../../client/problem.ts";
import { observed, unanswered } from "./outage.ts";

export type { Scope };
/** As the key, or the person that Access let in, is told of itself. */
export type Identity = Pick<KeyView, "name" | "scopes" | "stations">;

export type Session =
  | { kind: "checking" }
  /** `refused`: a key was given, and is none, or is none any more. */
  | { kind: "out"; reason: "none" | "refused" | "ended" }
  | { kind: "unreachable"; since: number; reason: string }
  | { kind: "in"; identity: Identity; by: "key" | "access" };

const STORED = "kerbside.key";
/** [RFC 9110 §5.5] What a header can carry: no key has other characters, and a request with them would fail as an outage does. */
const CARRIED = /^[\x20-\x7e\x80-\xff]*$/;
/** ms for the answer to who this is. */
const CHECK_WITHIN_MS = 10_000;

export const session = signal<Session>({ kind: "checking" });

/** `null`: nobody is signed in. */
export const identity = computed<Identity | null>(() => (session.value.kind === "in" ? session.value.identity : null));

/** Whether who is signed in may do it. */
export const may = (scope: Scope): boolean => identity.value?.scopes.includes(scope) === true;

/** Whether the whole fleet is there for who is signed in: sums and settings of it are for nobody else. */
export const seesAll = (): boolean => identity.value?.stations === null;

const storedKey = (): string => sessionStorage.getItem(STORED) ?? "";

/** Without a key the browser's own cookie speaks, which Access has set. */
class KeylessSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(
      url,
      protocols.filter((protocol) => protocol !== "kerbside.bearer."),
    );
  }
}

/** The typed client as whoever is signed in; what it asks ends with `signal`. */
export function clientOf(signal?: AbortSignal, key = storedKey(), more: Partial<ClientOptions> = {}): Kerbside {
  return new Kerbside({
    url: location.origin,
    key,
    // What is read is read again by whoever shows it, who says so meanwhile.
    retries: 0,
    WebSocket: KeylessSocket,
    fetch: (input, init) => {
      const headers = new Headers(init.headers);
      if (key === "") headers.delete("authorization");
      const signals = [signal, init.signal].filter((each) => each != null);
      return observed(fetch(input, { ...init, headers, signal: AbortSignal.any(signals), cache: "no-store" }));
    },
    ...more,
  });
}

/** At the start, and when the edge is reachable again. */
export async function resume(): Promise<void> {
  await check(storedKey());
}

/** @returns whether the key is one */
export async function signIn(typed: string): Promise<boolean> {
  const key = typed.trim();
  const found = await ask(key);
  if (found.kind === "in") sessionStorage.setItem(STORED, key);
  session.value = found;
  return found.kind === "in";
}

export function signOut(reason: "none" | "ended" = "none"): void {
  sessionStorage.removeItem(STORED);
  session.value = { kind: "out", reason };
}

async function check(key: string): Promise<void> {
  const found = await ask(key);
  if (found.kind === "out") sessionStorage.removeItem(STORED);
  session.value = found;
}

async function ask(key: string): Promise<Session> {
  if (!CARRIED.test(key)) return { kind: "out", reason: "refused" };
  const client = clientOf(AbortSignal.timeout(CHECK_WITHIN_MS), key);
  try {
    return { kind: "in", identity: await client.key(), by: key === "" ? "access" : "key" };
  } catch (error) {
    if (error instanceof KerbsideProblem && error.status === 401)
      return { kind: "out", reason: key === "" ? "none" : "refused" };
    return { kind: "unreachable", since: unanswered(), reason: error instanceof Error ? error.message : String(error) };
  }
}
