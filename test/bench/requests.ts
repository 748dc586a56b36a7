/**
 * HTTP requests to one server over connections that are kept. Must not know what is asked, nor for what.
 */
import http from "node:http";

export interface RequestsOptions {
  port: number;
  apiKey: string;
  /** Takes a sentence on each request that met a connection which the server was just closing. */
  note: (text: string) => void;
}

/** The server had closed a kept connection: whether it still read the request, nobody knows. */
class Reset extends Error {}

export class Requests {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  readonly #options: RequestsOptions;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** What can be asked twice: once more on a connection of its own where a kept one was reset. */
  async ask(method: "GET" | "PUT", path: string, body?: string): Promise<string> {
    try {
      return await this.#send(this.#agent, method, path, body);
    } catch (error) {
      if (!(error instanceof Reset)) throw error;
      this.#options.note(`${method}, reset on a kept connection and sent once more on a fresh one`);
      return this.#send(false, method, path, body);
    }
  }

  /** What must not be sent twice. `false`: it was lost on a kept connection that was reset, and is nothing to measure. */
  async post(path: string, body: string): Promise<boolean> {
    try {
      await this.#send(this.#agent, "POST", path, body);
      return true;
    } catch (error) {
      if (!(error instanceof Reset)) throw error;
      this.#options.note("POST, reset on a kept connection, not sent again and no sample");
      return false;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(agent: http.Agent | false, method: string, path: string, body?: string): Promise<string> {
    const { port, apiKey } = this.#options;
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          if ((answer.statusCode ?? 0) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      let readBefore = 0;
      request.once("socket", (socket) => {
        readBefore = socket.bytesRead;
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        const isReset = error.code === "ECONNRESET" || error.code === "EPIPE";
        const isUnanswered = request.socket?.bytesRead === readBefore;
        if (request.reusedSocket && isReset && isUnanswered) reject(new Reset(error.message));
        else reject(new Error(`${method} ${path}: ${error.message}`, { cause: error }));
      });
      request.end(body);
    });
  }
}
