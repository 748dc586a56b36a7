/**
 * What the service says of itself: whether it is up, its figures, its description. Must not know how requests travel.
 */
import type { Api } from "../api.ts";

/** What a type of problem means, and what to do. */
export interface ProblemKind {
  type: string;
  title: string;
  status: number;
  meaning: string;
  remedy: string;
}

export class Service {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Answers while it is up, whatever the key. */
  health(): Promise<{ status: "ok" }> {
    return this.#api.get<{ status: "ok" }>("/healthz");
  }

  /** Prometheus' text format. */
  async metrics(): Promise<string> {
    return (await this.#api.ask<string>("GET", "/metrics", { isText: true })).body;
  }

  /** OpenAPI 3.1. */
  description(): Promise<Record<string, unknown>> {
    return this.#api.get<Record<string, unknown>>("/openapi.json");
  }

  /** @param slug of a `KerbsideProblem` */
  problem(slug: string): Promise<ProblemKind> {
    return this.#api.get<ProblemKind>(`/problems/${encodeURIComponent(slug)}`);
  }
}
