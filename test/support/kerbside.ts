/**
 * A local edge of its own for a test file, and its API as a backend calls it. Must not know what a test expects.
 */
import { type Edge, type EdgeOptions, startEdge } from "../../src/local/edge.ts";
import { temporaryFolder } from "./edge-client.ts";
import { type StationOptions, TestStation } from "./test-station.ts";

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: it is what the test is to find out
  body: any;
}

export interface Kerbside {
  edge: Edge;
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiAnswer>;
  /** Registers a station; profile 0 unless said otherwise. */
  register(id: string, registration?: Record<string, unknown>): Promise<void>;
  /** Registers and connects a station on profile 0. */
  station(id: string, options?: Partial<StationOptions>, registration?: Record<string, unknown>): Promise<TestStation>;
  command(id: string, action: string, payload?: unknown, more?: Record<string, unknown>): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** @param key in place of the development key, where `API_KEYS` takes its place */
export async function startKerbside(
  env: Record<string, string> = {},
  options: Partial<EdgeOptions> = {},
  key?: string,
): Promise<Kerbside> {
  const folder = temporaryFolder();
  const edge = await startEdge({ dir: folder.dir, env, log: () => {}, ...options });
  const stop = async () => {
    await edge.stop();
    folder.remove();
  };
  return kerbsideOf(edge, stop, key);
}

/** @param stop is called once its stations are gone */
export function kerbsideOf(edge: Edge, stop: () => Promise<void>, key?: string): Kerbside {
  const stations: TestStation[] = [];

  const api: Kerbside["api"] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${edge.httpUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key ?? edge.apiKey}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };

  const register: Kerbside["register"] = async (id, registration = {}) => {
    const { status, body } = await api("PUT", `/v1/stations/${encodeURIComponent(id)}`, {
      securityProfile: 0,
      ...registration,
    });
    if (status > 201) throw new Error(`registration of ${id}: ${status} ${JSON.stringify(body)}`);
  };

  return {
    edge,
    api,
    register,
    station: async (id, given = {}, registration) => {
      if (registration !== undefined || given.register !== false) await register(id, registration);
      const station = await TestStation.connect({
        url: `ws://localhost:${edge.port}/ocpp/${encodeURIComponent(id)}`,
        ...given,
      });
      stations.push(station);
      return station;
    },
    command: (id, action, payload = {}, more = {}) =>
      api("POST", `/v1/stations/${encodeURIComponent(id)}/commands`, { action, payload, ...more }),
    stop: async () => {
      for (const station of stations) station.kill();
      await stop();
    },
  };
}
