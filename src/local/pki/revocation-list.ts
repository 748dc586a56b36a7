/**
 * The serials that the station CA has revoked, one a line in a file. Must not know certificates or connections.
 */
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { damage } from "./authority-files.ts";
import { PUBLIC_MODE } from "../state/private-file.ts";

export class RevocationList {
  readonly path: string;
  readonly issuerKeyId: string;
  #version = "";
  #serials = new Set<string>();

  constructor(path: string, issuerKeyId: string) {
    this.path = path;
    this.issuerKeyId = issuerKeyId;
  }

  /** @throws where the list cannot be read, or not whole: who it names would be let in */
  check(): void {
    if (!existsSync(this.path)) return;
    let lines: string[];
    try {
      lines = readFileSync(this.path, "utf8").split("\n");
    } catch (error) {
      throw damage(this.path, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
    const wrong = lines.findIndex((line) => !/^[0-9A-F]*$/i.test(line.trim()));
    if (wrong >= 0) throw damage(this.path, `has in line ${wrong + 1} what is no serial number`);
  }

  /** One short append, so that two writers cannot lose each other's line. */
  add(serial: string): void {
    appendFileSync(this.path, `${serial.toUpperCase()}\n`, { mode: PUBLIC_MODE });
  }

  has(issuerKeyId: string, serial: string): boolean {
    // A serial is unique under one issuer only: another CA's may be equal.
    if (issuerKeyId !== this.issuerKeyId) return false;
    this.#reload();
    return this.#serials.has(serial.toUpperCase());
  }

  #reload(): void {
    const stat = statSync(this.path, { bigint: true, throwIfNoEntry: false });
    // The size too: two appends within one tick of the file system's clock have the same time.
    const version = stat === undefined ? "none" : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
    if (version === this.#version) return;
    this.#serials = new Set(stat === undefined ? [] : readFileSync(this.path, "utf8").split("\n").filter(Boolean));
    this.#version = version;
  }
}
