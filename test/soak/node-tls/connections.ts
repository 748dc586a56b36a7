/**
 * Connects to a TLS server again and again: handshake, a few bytes each way, close. Must not know what is measured.
 */
import { connect, type SecureContext } from "node:tls";

export interface Target {
  port: number;
  /** Made once: to read the keys again for each connection would cost more than the connection. */
  secureContext: SecureContext;
}

const AT_ONCE = 8;
const CONNECTION_TIMEOUT_MS = 15_000;
const GREETING = Buffer.from("hello");

/** Fails with the first connection that does: a sample of fewer connections would be a wrong one. */
export async function connectMany(target: Target, connections: number): Promise<void> {
  let left = connections;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await connectOnce(target);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, connections) }, lane));
}

function connectOnce({ port, secureContext }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    let [received, isDone] = [0, false];
    const finish = (error?: Error): void => {
      if (isDone) return;
      isDone = true;
      if (error === undefined) resolve();
      else reject(error);
    };
    const socket = connect({ host: "127.0.0.1", port, servername: "localhost", secureContext }, () =>
      socket.write(GREETING),
    );
    socket.setTimeout(CONNECTION_TIMEOUT_MS, () => socket.destroy(new Error("A connection stood still")));
    socket.on("data", (bytes) => (received += bytes.length));
    socket.once("error", finish);
    socket.once("close", () =>
      finish(received === GREETING.length ? undefined : new Error("The server closed without an answer")),
    );
  });
}
