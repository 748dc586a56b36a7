/**
 * The development API key, made once and kept in a file. Must not know what it opens.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFile, SECRET_MODE } from "./pki/private-file.ts";

export function ensureApiKey(dir: string): string {
  const path = join(dir, "api-key");
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  createFile(path, `${randomBytes(24).toString("base64url")}\n`, SECRET_MODE);
  // Read back: a second process may have been first.
  return readFileSync(path, "utf8").trim();
}
