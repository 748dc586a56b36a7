/**
 * Keeps a failure with the connection it came from: an exception in a listener would otherwise end the process, and every other
 * connection with it. Must not know what the listeners do.
 */
import { frontLog } from "./front-log.ts";

interface Destroyable {
  destroy(): unknown;
}

/** The listener, whose exceptions and rejections end its connection and are logged, and nothing else. */
export function guarded<Arguments extends unknown[]>(
  connectionOf: (...args: Arguments) => Destroyable,
  listener: (...args: Arguments) => unknown,
): (...args: Arguments) => void {
  return (...args) => {
    const failed = (error: unknown) => {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      frontLog("error", "a connection failed and was closed", { reason });
      connectionOf(...args).destroy();
    };
    try {
      const done = listener(...args);
      if (done instanceof Promise) done.catch(failed);
    } catch (error) {
      failed(error);
    }
  };
}
