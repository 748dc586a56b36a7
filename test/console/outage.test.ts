import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { forget, told, unreachableSince } from "../../src/console/data/edge.ts";
import { answered, observed, outageSince, unanswered } from "../../src/console/data/outage.ts";
import { session, signIn } from "../../src/console/data/session.ts";

declare global {
  /** Of the browser, which this test stands in for. */
  var location: { origin: string };
}

beforeEach(answered);
afterEach(() => vi.unstubAllGlobals());

const lost = () => observed(Promise.reject(new TypeError("Failed to fetch"))).catch(() => {});
const with_ = (status: number) => observed(Promise.resolve(new Response(null, { status })));

describe("An outage of the edge", () => {
  test("begins with the first request that fails after the last that did not, whoever asks", async () => {
    unanswered(1_000);
    await lost();
    expect(outageSince.value).toBe(1_000);
    await with_(503);
    expect(outageSince.value).toBe(1_000);
    await with_(404);
    expect(outageSince.value).toBeNull();
    await observed(Promise.reject(new DOMException("left", "AbortError"))).catch(() => {});
    expect(outageSince.value).toBeNull();
    await lost();
    expect(outageSince.value).toBeGreaterThan(1_000);
  });

  test("is the same one for the next page: who met it may be gone", () => {
    const page = {};
    told(page, { failingSince: unanswered(1_000) });
    forget(page);
    expect([unreachableSince.value, unanswered(9_000)]).toEqual([1_000, 1_000]);
    answered();
    expect(unreachableSince.value).toBeNull();
  });
});

describe("A key that is typed", () => {
  const asked: (string | null)[] = [];
  beforeEach(() => {
    asked.length = 0;
    vi.stubGlobal("location", { origin: "http://edge.example" });
    vi.stubGlobal("sessionStorage", { setItem: () => {} });
    vi.stubGlobal("fetch", async (_: string, { headers }: { headers: Headers }) => {
      asked.push(headers.get("authorization"));
      return Response.json({ name: "ops", scopes: [], stations: null });
    });
  });

  test.each(["abc\u2013def", "\u201ckey\u201d", "a\nb"])(
    "is told as none where no header can carry it: %j",
    async (key) => {
      expect(await signIn(key)).toBe(false);
      expect(session.value).toEqual({ kind: "out", reason: "refused" });
      expect(asked).toEqual([]);
      expect(outageSince.value).toBeNull();
    },
  );

  test("is taken without the blanks around it", async () => {
    expect(await signIn(" key\n")).toBe(true);
    expect(asked).toEqual(["Bearer key"]);
  });
});
