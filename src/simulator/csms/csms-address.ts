/**
 * The CSMS that a run goes to: one that is there, or the small one, started for the run. Must not know bridges.
 */
import { once } from "node:events";
import net from "node:net";
import { join } from "node:path";
import { err, ok, type Result } from "../../result.ts";
import { ChildProgram } from "./child-program.ts";

/** In place of an address. */
export const BUILT_IN = "builtin";
const MAIN = join(import.meta.dirname, "main.ts");
const ANSWER_WITHIN_MS = 10_000;

export interface CsmsAddress {
  url: string;
  stop(): Promise<void>;
}

/** @param given a ws or wss address, or `builtin` */
export async function csmsAddress(given: string): Promise<Result<CsmsAddress, string>> {
  if (given !== BUILT_IN) {
    const complaint = await complaintOf(new URL(given));
    return complaint === null ? ok({ url: given, stop: async () => {} }) : err(complaint);
  }
  const started = await ChildProgram.start({ script: MAIN, args: [] });
  if (!started.ok) return started;
  return ok({ url: String(started.value.ready.url), stop: () => started.value.stop() });
}

/** Found out now: to the bridge it is one that will come back, and no station would ever get in. */
async function complaintOf(url: URL): Promise<string | null> {
  const port = Number(url.port || (url.protocol === "wss:" ? 443 : 80));
  const socket = net.connect({ host: url.hostname.replace(/^\[|\]$/g, ""), port });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `The CSMS at ${url.origin === "null" ? url.host : url.origin} does not answer: ${code ?? message}; --csms ${BUILT_IN} starts a small one`;
  } finally {
    socket.destroy();
  }
}
