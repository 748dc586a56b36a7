/**
 * The development API key, made once and kept in a file. Must not know what it opens.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createFile, keepPrivate, replaceFile, SECRET_MODE } from "./private-file.ts";

/** @throws a sentence where the file is there and holds no key */
export function ensureApiKey(dir: string, log: (line: string) => void = () => {}): string {
  const path = join(dir, "api-key");
  const made = randomBytes(24).toString("base64url");
  if (!existsSync(path) && createFile(path, `${made}\n`, SECRET_MODE)) return made;
  const known = read(path);
  if (known === "") {
    // As a crash of the machine leaves it. Nobody can have used it.
    replaceFile(path, `${made}\n`, SECRET_MODE);
    log(`${path} was empty: it holds a new key now`);
    return made;
  }
  if (!/^[\x21-\x7e]+$/.test(known)) {
    throw new Error(`${path} does not hold an API key, one line of printable characters; delete it to get a new one`);
  }
  keepPrivate(path, log);
  return known;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${path} cannot be read (${code}); make it a file that can, or remove it to get a new key`);
  }
}
