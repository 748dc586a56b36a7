/**
 * What a backend does with the events that Kerbside delivers: each verified, in its station's order, and handled once. Must not know
 * what a handler does with an event.
 */
import { MemoryProgress, type Progress } from "./progress.ts";
import { signatureFault } from "./signature.ts";
import type { CloudEvent, EventType } from "./views.ts";

type EventOf<Type extends EventType> = Extract<CloudEvent, { type: Type }>;
type Handlers = { [Type in EventType]?: (event: EventOf<Type>) => unknown };

export interface WebhookOptions {
  /** As it was given to `PUT /v1/webhooks/{name}`. */
  secret: string;
  on: Handlers;
  /** Of events that `on` has no handler for. */
  otherwise?: (event: CloudEvent) => unknown;
  /** In memory where none is given. */
  progress?: Progress;
  /** ms since the epoch. */
  now?: () => number;
}

/** Told of by every delivery that came before another one of its station has ended. */
type Lines = Map<string, Promise<unknown>>;

/**
 * Answers 204 once every event was handled, 401 where the request is not Kerbside's, 400 where it is no batch; 500 where a handler
 * threw: it is delivered again from that event on.
 */
export function webhookHandler(options: WebhookOptions): (request: Request) => Promise<Response> {
  const { secret, on, otherwise, now = Date.now } = options;
  const progress = options.progress ?? new MemoryProgress();
  const lines: Lines = new Map();

  const handle = async (events: readonly CloudEvent[]): Promise<void> => {
    for (const event of events) {
      if (await progress.isHandled(event)) continue;
      const handler = (on[event.type] ?? otherwise) as ((event: CloudEvent) => unknown) | undefined;
      await handler?.(event);
      await progress.handled(event);
    }
  };

  return async (request) => {
    const body = await request.text();
    const fault = await signatureFault(secret, request.headers, body, now());
    if (fault !== null) return new Response(`not taken: ${fault}`, { status: 401 });
    const events = batch(body);
    if (events === null) return new Response("not taken: it is no batch of events", { status: 400 });
    const [first] = events;
    if (first === undefined) return new Response(null, { status: 204 });
    // A batch is one station's; an attempt that was given up may still be under way.
    const before = lines.get(first.subject) ?? Promise.resolve();
    const handling = before.then(() => handle(events));
    const line = handling.catch(() => {});
    lines.set(first.subject, line);
    try {
      await handling;
      return new Response(null, { status: 204 });
    } catch {
      return new Response("not taken: the handler failed", { status: 500 });
    } finally {
      if (lines.get(first.subject) === line) lines.delete(first.subject);
    }
  };
}

/** `null`: it is none. */
function batch(body: string): CloudEvent[] | null {
  try {
    const events = JSON.parse(body) as CloudEvent[];
    const isBatch = Array.isArray(events) && events.every((event) => typeof event?.subject === "string");
    return isBatch ? events : null;
  } catch {
    return null;
  }
}
