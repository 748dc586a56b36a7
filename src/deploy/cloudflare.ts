/**
 * Cloudflare's API, as far as a deployment is prepared and looked at by it. Must not know the order of things.
 */

/** ms */
const TIMEOUT_MS = 30_000;

export class CloudflareFault extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

interface Envelope<T> {
  success: boolean;
  result: T;
  errors?: { code: number; message: string }[];
}

export class Cloudflare {
  readonly #base: string;
  readonly #token: string;

  constructor(token: string, base = "https://api.cloudflare.com/client/v4") {
    this.#token = token;
    this.#base = base;
  }

  /** @throws CloudflareFault */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.#base}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json().catch(() => null)) as Envelope<T> | null;
    if (answer?.success === true) return answer.result;
    const reasons = (answer?.errors ?? []).map(({ code, message }) => `${message} [${code}]`).join("; ");
    throw new CloudflareFault(
      `Cloudflare answers ${method} ${path} with ${response.status}: ${reasons || "no reason"}`,
      response.status,
    );
  }

  accounts(): Promise<{ id: string; name: string }[]> {
    return this.ask("GET", "/accounts?per_page=50");
  }

  /** `null`: there is none. */
  async database(account: string, name: string): Promise<string | null> {
    const path = `/accounts/${account}/d1/database?name=${encodeURIComponent(name)}&per_page=100`;
    const found = await this.ask<{ uuid: string; name: string }[]>("GET", path);
    return found.find((each) => each.name === name)?.uuid ?? null;
  }

  async makeDatabase(account: string, name: string, jurisdiction: string | undefined): Promise<string> {
    const body = { name, ...(jurisdiction !== undefined && { jurisdiction }) };
    return (await this.ask<{ uuid: string }>("POST", `/accounts/${account}/d1/database`, body)).uuid;
  }

  /** `null`: there is none. */
  async queue(account: string, name: string): Promise<string | null> {
    const path = `/accounts/${account}/queues?name=${encodeURIComponent(name)}`;
    const found = await this.ask<{ queue_id: string; queue_name: string }[]>("GET", path);
    return found.find((each) => each.queue_name === name)?.queue_id ?? null;
  }

  async makeQueue(account: string, name: string, jurisdiction: string | undefined): Promise<string> {
    const body = { queue_name: name, ...(jurisdiction !== undefined && { jurisdiction }) };
    return (await this.ask<{ queue_id: string }>("POST", `/accounts/${account}/queues`, body)).queue_id;
  }

  async pauseQueue(account: string, name: string, id: string, isPaused: boolean): Promise<void> {
    const body = { queue_name: name, settings: { delivery_paused: isPaused } };
    await this.ask("PATCH", `/accounts/${account}/queues/${id}`, body);
  }

  /** Names alone. `null`: there is no such Worker yet. */
  async secrets(account: string, worker: string): Promise<string[] | null> {
    try {
      const found = await this.ask<{ name: string }[]>("GET", `/accounts/${account}/workers/scripts/${worker}/secrets`);
      return found.map(({ name }) => name);
    } catch (error) {
      if (error instanceof CloudflareFault && error.status === 404) return null;
      throw error;
    }
  }

  /** Whether the Worker answers on workers.dev, and its previews do. */
  subdomain(account: string, worker: string): Promise<{ enabled: boolean; previews_enabled: boolean }> {
    return this.ask("GET", `/accounts/${account}/workers/scripts/${worker}/subdomain`);
  }
}
