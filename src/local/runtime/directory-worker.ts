/**
 * The local D1 database by way of a small Worker beside the real one. Through miniflare's own proxy this process stands
 * still until workerd answers, and a workerd whose log nobody reads stands still too: both would wait for ever.
 * Must not know the tables.
 */
import type { Miniflare, V4WorkerOptions } from "miniflare";
import type { Database } from "./directory-migrations.ts";

const NAME = "kerbside-directory";
const SECRET_HEADER = "X-Kerbside-Directory";
const SCRIPT = `export default {
  async fetch(request, { DIRECTORY, SECRET }) {
    if (request.headers.get("${SECRET_HEADER}") !== SECRET) return new Response("not for you", { status: 403 });
    const statements = await request.json();
    try {
      const done = await DIRECTORY.batch(statements.map(({ sql, values }) => DIRECTORY.prepare(sql).bind(...values)));
      return Response.json(done.map(({ results }) => ({ results })));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};`;

export function directoryWorker(options: Partial<V4WorkerOptions>, secret: string): V4WorkerOptions {
  const { compatibilityDate, d1Databases } = options;
  return {
    name: NAME,
    modules: [{ type: "ESModule", path: "directory.js", contents: SCRIPT }],
    bindings: { SECRET: secret },
    ...(compatibilityDate !== undefined && { compatibilityDate }),
    ...(d1Databases !== undefined && { d1Databases }),
  };
}

interface Statement {
  sql: string;
  values: unknown[];
}
type Results = { results: never[] };

export function directoryDatabase(miniflare: Miniflare, secret: string): Database {
  const batch = async (statements: unknown[]): Promise<Results[]> => {
    const response = await miniflare.dispatchFetch("http://localhost/", {
      method: "POST",
      headers: { "MF-Route-Override": NAME, [SECRET_HEADER]: secret },
      body: JSON.stringify(statements),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Results[];
  };
  const prepare = (sql: string, values: unknown[] = []) => {
    const statement: Statement = { sql, values };
    const all = async () => (await batch([statement]))[0] as Results;
    return { ...statement, bind: (...given: unknown[]) => prepare(sql, given), all, run: all };
  };
  return { prepare, batch };
}
