/**
 * Questions to the directory of many requests at once, as one: D1 is one thread, and a fleet that comes back asks for each of its
 * stations. Must not know what is asked.
 */
import { waitUntil } from "cloudflare:workers";

/** ms in which questions gather. */
const GATHER_MS = 2;
/** Questions in one statement: D1 takes 2 MB in a parameter. */
const GATHER_MAX = 10_000;

export class Gathered<Answer> {
  readonly #ask: (directory: D1Database, ids: readonly string[]) => Promise<Answer>;
  #gathering: { ids: Set<string>; answer: Promise<Answer> } | null = null;

  /** @param ask all of them in one statement */
  constructor(ask: (directory: D1Database, ids: readonly string[]) => Promise<Answer>) {
    this.#ask = ask;
  }

  /** The answer to all that were asked with it. @throws where the directory cannot be reached */
  ask(directory: D1Database, ids: readonly string[]): Promise<Answer> {
    if (this.#gathering === null || this.#gathering.ids.size >= GATHER_MAX) {
      const all = new Set<string>();
      const answer = this.#gathered(directory, all);
      this.#gathering = { ids: all, answer };
      // Others wait for it too: it must not end with the request that asked first.
      waitUntil(answer.catch(() => {}));
    }
    for (const id of ids) this.#gathering.ids.add(id);
    return this.#gathering.answer;
  }

  async #gathered(directory: D1Database, ids: Set<string>): Promise<Answer> {
    await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
    if (this.#gathering?.ids === ids) this.#gathering = null;
    return this.#ask(directory, [...ids]);
  }
}
