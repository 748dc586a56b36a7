/**
 * Reads a JSON text that somebody types, and says in which line it is none. Must not know what it is for; takes what RFC 8259 takes.
 */
import type { Json, Member } from "./json-tree.ts";

export type Read = { ok: true; json: Json } | { ok: false; fault: TextFault };

export interface TextFault {
  /** From 1 on. */
  line: number;
  column: number;
  message: string;
}

/** [OCPP-J] Deeper is no payload that the edge takes. */
const NESTING_MAX = 64;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const WORDS = { true: true, false: false, null: null } as const;

export function readJson(text: string): Read {
  const reader = new Reader(text);
  try {
    return { ok: true, json: reader.whole() };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, fault: { ...placeOf(text, error.at), message: error.message } };
  }
}

export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

class Unreadable extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Json {
    const json = this.#value(0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#fault("is behind the end of the JSON");
    return json;
  }

  #value(depth: number): Json {
    this.#skipBlanks();
    if (depth > NESTING_MAX) throw new Unreadable(`is nested deeper than ${NESTING_MAX}`, this.#at);
    const character = this.#text[this.#at];
    if (character === "{") return { kind: "object", members: this.#members(depth) };
    if (character === "[") return { kind: "array", items: this.#list("]", () => this.#value(depth + 1)) };
    if (character === '"') return { kind: "string", text: this.#string() };
    for (const [word, value] of Object.entries(WORDS)) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return { kind: "literal", value };
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw this.#fault("is no value");
    this.#at += number.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? "")) throw this.#fault("makes no number");
    return { kind: "number", text: number };
  }

  #members(depth: number): Member[] {
    const names = new Set<string>();
    return this.#list("}", () => {
      this.#skipBlanks();
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#fault("is no name in double quotes");
      const name = this.#string();
      // Of two, one would be lost without a word.
      if (names.has(name)) throw new Unreadable(`${JSON.stringify(name)} is there twice`, start);
      names.add(name);
      this.#expect(":");
      return [name, this.#value(depth + 1)] as const;
    });
  }

  #list<T>(close: string, read: () => T): T[] {
    const parts: T[] = [];
    this.#at++;
    this.#skipBlanks();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return parts;
    }
    for (;;) {
      parts.push(read());
      this.#skipBlanks();
      if (this.#text[this.#at] === close) {
        this.#at++;
        return parts;
      }
      if (this.#text[this.#at] !== ",") throw this.#fault(`stands where "," or "${close}" is due`);
      this.#at++;
    }
  }

  #string(): string {
    const start = this.#at++;
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at] as string;
      if (character === '"') {
        this.#at++;
        try {
          return JSON.parse(this.#text.slice(start, this.#at)) as string;
        } catch {
          throw new Unreadable("has an escape that JSON does not know", start);
        }
      }
      if (character < " ") throw new Unreadable("a text does not end on its line", start);
      if (character === "\\") this.#at++;
    }
    throw new Unreadable("a text does not end", start);
  }

  #expect(character: string): void {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) throw this.#fault(`stands where "${character}" is due`);
    this.#at++;
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #fault(what: string): Unreadable {
    const found = this.#text[this.#at];
    return new Unreadable(found === undefined ? "ends too early" : `${JSON.stringify(found)} ${what}`, this.#at);
  }
}
