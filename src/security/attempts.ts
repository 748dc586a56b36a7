/**
 * How often somebody may fail: a bucket of failures by key, in the memory of one isolate. Must not know what failed, nor where
 * an address comes from.
 */

export interface AttemptLimits {
  /** Failures at once. */
  burst: number;
  /** Failures a second that are forgiven. */
  perSecond: number;
}

interface Bucket {
  failures: number;
  /** ms since the epoch */
  at: number;
}

/** Keys that are remembered, 100 bytes each; the one that failed longest ago goes first. */
const KEYS_MAX = 10_000;

export class FailedAttempts {
  readonly #limits: AttemptLimits;
  /** In the order of the newest failure. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: AttemptLimits) {
    this.#limits = limits;
  }

  /** @param now ms since the epoch */
  failed(key: string, now: number): void {
    const failures = this.#failuresOf(key, now) + 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { failures, at: now });
    if (this.#buckets.size <= KEYS_MAX) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
  }

  /** What was counted before it was known was no failure. */
  forgive(key: string, now: number): void {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return;
    bucket.failures = Math.max(this.#failuresOf(key, now) - 1, 0);
    bucket.at = now;
  }

  isExhausted(key: string, now: number): boolean {
    // One more would not fit.
    return this.#failuresOf(key, now) > this.#limits.burst - 1;
  }

  #failuresOf(key: string, now: number): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const seconds = Math.max(now - bucket.at, 0) / 1000;
    return Math.max(Math.min(bucket.failures, this.#limits.burst) - seconds * this.#limits.perSecond, 0);
  }
}

/**
 * What of an address one party holds: an IPv6 customer has at least a /64 of 2^64 addresses, and would have as many limits.
 * @param address as `CF-Connecting-IP` gives it
 */
export function addressKey(address: string | null): string {
  if (address === null || !address.includes(":")) return address ?? "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const end = tail === "" ? [] : tail.split(":");
    while (groups.length + end.length < 8) groups.push("0");
    groups.push(...end);
  }
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::/64`;
}

/** Groups of 16 bits of an IPv6 address: a /48 is what one site is given, and holds 65,536 of those /64. */
const SITE_GROUPS = 3;

/** What of an address one party may hold who asks for more than one network. @param address as `CF-Connecting-IP` gives it */
export function siteKey(address: string | null): string {
  const key = addressKey(address);
  return key.endsWith("::/64") ? `${key.split(":").slice(0, SITE_GROUPS).join(":")}::/48` : key;
}
