/**
 * Places for names that each have an owner: where there are no more, the oldest of the owner that has most goes. Must not know what
 * a name stands for.
 */

export class FairPlaces {
  readonly #max: number;
  #taken = 0;
  readonly #namesOf = new Map<string, Set<string>>();
  /** Owners by how many names they have, so that a flood of names costs nobody a search. */
  readonly #ownersOf: Set<string>[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Of a name that has no place yet. @returns whose place it took; `null`: there was one */
  add(name: string, owner: string): string | null {
    const dropped = this.#taken >= this.#max ? this.#drop() : null;
    const names = this.#namesOf.get(owner) ?? new Set();
    names.add(name);
    this.#moved(owner, names, names.size - 1);
    this.#taken++;
    return dropped;
  }

  #drop(): string | null {
    const [owner] = this.#ownersOf.at(-1) ?? [];
    const names = owner === undefined ? undefined : this.#namesOf.get(owner);
    const [name] = names ?? [];
    if (owner === undefined || names === undefined || name === undefined) return null;
    names.delete(name);
    this.#moved(owner, names, names.size + 1);
    this.#taken--;
    return name;
  }

  #moved(owner: string, names: Set<string>, from: number): void {
    this.#ownersOf[from]?.delete(owner);
    if (names.size === 0) this.#namesOf.delete(owner);
    else this.#namesOf.set(owner, names);
    this.#ownersOf[names.size] ??= new Set();
    this.#ownersOf[names.size]?.add(owner);
    this.#ownersOf[0]?.clear();
    // The last are those who have most.
    while (this.#ownersOf.at(-1)?.size === 0) this.#ownersOf.pop();
  }
}
