/**
 * A text as it was made last out of some files, used again while none of them has changed. Must not know how one is made; where
 * nothing can be kept, each is made anew.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../state/local-folder.ts";
import { PUBLIC_MODE, replaceFile } from "../state/private-file.ts";

/** Beside the packages that went into it: with them it goes. */
const FOLDER = join(REPOSITORY, "node_modules", ".cache", "kerbside");

interface Kept {
  /** Each input and the digest of what was in it. */
  inputs: [path: string, digest: string][];
  text: string;
  /** Of the text: a file that was damaged says nothing. */
  digest: string;
}

/** @param making all that decides what is made, beside the inputs */
export async function derived(
  making: readonly string[],
  make: () => Promise<{ text: string; inputs: readonly string[] }>,
): Promise<string> {
  const path = join(FOLDER, `${digestOf(JSON.stringify(making)).slice(0, 32)}.json`);
  const kept = read(path);
  if (kept?.inputs.every(([file, digest]) => digestOfFile(file) === digest)) return kept.text;
  const { text, inputs } = await make();
  const digests = inputs.map((file): [string, string] => [file, digestOfFile(file) ?? ""]);
  keep(path, { inputs: digests, text, digest: digestOf(text) });
  return text;
}

const digestOf = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

/** `null`: it is not there. */
function digestOfFile(file: string): string | null {
  try {
    return digestOf(readFileSync(file));
  } catch {
    return null;
  }
}

function read(path: string): Kept | null {
  try {
    const kept = JSON.parse(readFileSync(path, "utf8")) as Kept;
    return Array.isArray(kept.inputs) && kept.digest === digestOf(kept.text) ? kept : null;
  } catch {
    return null;
  }
}

function keep(path: string, kept: Kept): void {
  try {
    mkdirSync(FOLDER, { recursive: true });
    replaceFile(path, JSON.stringify(kept), PUBLIC_MODE);
  } catch {
    // A folder that is not to be written: it is made again the next time.
  }
}
