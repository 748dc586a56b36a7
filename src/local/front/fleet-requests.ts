/**
 * Carries what concerns the whole fleet to each workerd process that it is for, and one answer back. Must not know what is asked.
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { combine, type ShardAnswer } from "./fleet-wide.ts";
import { answeredHeaders, isOfWorker } from "./passed-on-headers.ts";
import { answerProblem, NOT_RUNNING, type Problem, problemOf, problemOfRuntime } from "./front-problem.ts";
import { readBody } from "./request-body.ts";
import type { Route } from "../runtime/shards.ts";
import type { Upstream } from "./upstream.ts";

interface FleetRequest {
  kind: Exclude<Route["kind"], "one">;
  path: string;
  upstreams: readonly Upstream[];
  secret: string;
  /** `null`: there is no workerd to ask. */
  ask: (port: number | undefined, headers: string[]) => ClientRequest | null;
}

/** For a word to another workerd: so long a client waits, and so long it is tried. On a busy machine it comes late, not never. */
const TELL_WAIT_MS = 1_000;
const TELL_MAX_MS = 30_000;

export async function askFleet(
  request: IncomingMessage,
  response: ServerResponse,
  { kind, path, upstreams, secret, ask }: FleetRequest,
): Promise<void> {
  try {
    const body = await readBody(request);
    const [first, ...others] = upstreams as [Upstream, ...Upstream[]];
    const asks = (kind === "shared" ? [first] : upstreams).map(({ port }) =>
      ask(port(), [
        // What is put together must be text.
        "Accept-Encoding",
        "identity",
        ...(body.length === 0 ? [] : ["Content-Length", String(body.length)]),
      ]),
    );
    if (asks.includes(null)) {
      for (const each of asks) each?.destroy();
      answerProblem(response, NOT_RUNNING);
      return;
    }
    response.once("close", () => {
      // Who asked has left.
      if (!response.writableFinished) for (const each of asks) each?.destroy();
    });
    const answers: ShardAnswer[] = [];
    for (const answer of await Promise.all(asks.map((each) => answerTo(each as ClientRequest, body)))) {
      if ("slug" in answer) {
        answerProblem(response, answer);
        return;
      }
      answers.push(answer);
    }
    if (kind === "shared")
      await Promise.race([tellOthers(others, secret), delay(TELL_WAIT_MS, undefined, { ref: false })]);
    const { status, headers, body: text } = combine(kind, path, answers);
    response.writeHead(status, headers).end(text);
  } catch (error) {
    answerProblem(response, problemOf(error as Error));
  }
}

/** They would act on what they knew for 30 s more; one that cannot be told has lost what it knew. */
async function tellOthers(others: readonly Upstream[], secret: string): Promise<void> {
  const headers = { "X-Kerbside-Front": secret, "X-Kerbside-Local": "forget-webhooks" };
  const tell = (port: number | undefined) =>
    fetch(`http://127.0.0.1:${port}/`, { headers, signal: AbortSignal.timeout(TELL_MAX_MS) });
  await Promise.allSettled(others.map(async ({ port }) => (await tell(port())).body?.cancel()));
}

/** A problem where workerd answered for itself. @throws where there is none */
async function answerTo(ask: ClientRequest, body: Buffer): Promise<ShardAnswer | Problem> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  ask.once("response", resolve);
  ask.once("error", reject);
  ask.end(body);
  const answer = await promise;
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  if (!isOfWorker(answer)) return problemOfRuntime(answer.statusCode);
  const headers = answeredHeaders(answer);
  // What is put together has a length of its own.
  const kept = headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== "content-length");
  return { status: answer.statusCode ?? 502, headers: kept, body: text };
}
