/**
 * A request whose body may be left unread, as on the edge: workerd itself closes a connection with more of a body than it was read,
 * the front's next write then fails, and with it goes the answer. Must not know what is asked or answered.
 */

export interface RequestToLeave {
  inner: Request;
  /** Reads what was left; a front passes on so much of a body, and no more. */
  takeRest: () => Promise<void>;
}

export function withBodyToLeave(request: Request): RequestToLeave {
  const { body } = request;
  // Where a length was said, the whole is read, or nothing; of a GET, nothing, and no other body can be given to it.
  if (body === null || request.headers.has("Content-Length") || ["GET", "HEAD"].includes(request.method)) {
    const inner = new Request(request);
    return { inner, takeRest: async () => (inner.bodyUsed ? undefined : discard(inner.body)) };
  }
  const reader = body.getReader();
  let reading: Promise<unknown> = Promise.resolve();
  const left = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = reader.read();
      reading = next.catch(() => {});
      const { done, value } = await next;
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const takeRest = async () => {
    // workerd has one read at a time, and the one for whoever left may be on.
    await reading;
    reader.releaseLock();
    await discard(body);
  };
  return { inner: new Request(request, { body: left }), takeRest };
}

/** Of one that does not come whole, there is nobody to tell. */
async function discard(body: ReadableStream | null): Promise<void> {
  await body?.pipeTo(new WritableStream()).catch(() => {});
}
