import { describe, expect, test } from "vitest";
import type { LiveMessage } from "../../src/client/live.ts";
import { KerbsideProblem } from "../../src/client/problem.ts";
import type { Station } from "../../src/client/station.ts";
import { markedLines } from "../../src/console/json/marked-lines.ts";
import { treeOf } from "../../src/console/json/json-tree.ts";
import { Beat } from "../../src/console/tail/beat.ts";
import { clausesOf } from "../../src/console/tail/clause.ts";
import { jsonOf, rowAsCurl, rowAsJson } from "../../src/console/tail/copies.ts";
import { Feed, type Standing } from "../../src/console/tail/feed.ts";
import { EVERYTHING, shown } from "../../src/console/tail/filter.ts";
import type { Row } from "../../src/console/tail/row.ts";
import { Rows } from "../../src/console/tail/rows.ts";
import { TailModel } from "../../src/console/tail/tail-model.ts";

const T = (ms: number): string => new Date(Date.UTC(2026, 10, 28, 18) + ms).toISOString();
let cursors = 0;
const framed = (direction: "in" | "out", frame: unknown[], ms = 0, sequence?: number): LiveMessage => ({
  ...{ cursor: `c${++cursors}`, at: T(ms), direction, frame },
  ...(sequence !== undefined && { sequence }),
});
const called = (rows: Rows, id: string, ms = 0, action = "Heartbeat") => {
  rows.take(framed("in", [2, id, action, {}], ms));
  rows.take(framed("out", [3, id, {}], ms + 5));
};
const seen = (rows: Rows) =>
  rows.all.map(({ direction, kind, action, messageId, state, latencyMs, sequence }) => ({
    ...{ direction, kind, action, messageId, state, latencyMs, sequence },
  }));

describe("Rows of a live tail", () => {
  test("have a CALL and its answer on one row, with the time between them, in both directions", () => {
    const rows = new Rows();
    rows.take(framed("in", [2, "1", "Authorize", { idTag: "•••" }], 0));
    rows.take(framed("out", [2, "1", "Reset", { type: "Soft" }], 3));
    rows.take(framed("in", [3, "1", { status: "Accepted" }], 40));
    rows.take(framed("out", [3, "1", { idTagInfo: { status: "Accepted" } }], 90, 7));
    rows.take(framed("in", [6, "2", "NotifyPeriodicEventStream", { id: 1 }], 95));
    expect(seen(rows)).toEqual([
      {
        direction: "in",
        kind: "call",
        action: "Authorize",
        messageId: "1",
        state: "answered",
        latencyMs: 90,
        sequence: 7,
      },
      {
        direction: "out",
        kind: "call",
        action: "Reset",
        messageId: "1",
        state: "answered",
        latencyMs: 37,
        sequence: null,
      },
      {
        ...{ direction: "in", kind: "send", action: "NotifyPeriodicEventStream", messageId: "2" },
        ...{ state: "none", latencyMs: null, sequence: null },
      },
    ]);
  });

  test("tell what the edge refused, with its path, from what was answered with an error, and what is no message", () => {
    const rows = new Rows();
    rows.take(framed("in", [2, "1", "StatusNotification", {}]));
    rows.take(framed("out", [4, "1", "TypeConstraintViolation", "/connectorId: must be an integer", {}], 1, 3));
    rows.take(framed("in", [2, "2", "Authorize", {}]));
    rows.take(framed("out", [4, "2", "InternalError", "the CSMS did not answer", {}], 1));
    rows.take(framed("out", [2, "3", "Reset", {}]));
    rows.take(framed("in", [4, "3", "GenericError", "/x: says the station", {}], 1));
    rows.take({ cursor: "t", at: T(9), direction: "in", text: "{not json" });
    rows.take(framed("out", [4, "-1", "FormationViolation", "not JSON", {}], 10));
    rows.take(framed("in", [9, "4", {}]));
    rows.take(framed("in", [3, "nobody asked", {}]));
    // [OCPP 2.1 P4 §4.2.4] The station says that it cannot use the answer to its own CALL.
    rows.take(framed("in", [2, "5", "Heartbeat", {}]));
    rows.take(framed("in", [5, "5", "FormatViolation", "no time", {}]));
    expect(rows.all.map(({ kind, state, path }) => [kind, state, path])).toEqual([
      ["call", "refused", "/connectorId"],
      ["call", "failed", null],
      ["call", "failed", null],
      ["unreadable", "failed", null],
      ["unreadable", "none", null],
      ["answer", "answered", null],
      ["call", "failed", null],
    ]);
  });

  test("do not show twice what comes as a frame and as an event of the log", () => {
    const rows = new Rows();
    rows.take(framed("in", [2, "1", "StatusNotification", {}], 0));
    rows.take(framed("out", [3, "1", {}], 1, 11));
    rows.take(framed("in", [2, "2", "StatusNotification", {}], 2));
    const entry = {
      type: "ocpp.call",
      direction: "in",
      at: T(0),
      action: "StatusNotification",
      payload: {},
      answer: {},
      latencyMs: 4,
    };
    rows.take({ cursor: "a", entry: { ...entry, messageId: "1", sequence: 11 } });
    rows.take({ cursor: "b", entry: { ...entry, messageId: "2", sequence: 12 } });
    rows.take({ cursor: "c", entry: { ...entry, messageId: "3", sequence: 13 } });
    rows.older([
      { ...entry, messageId: "1", sequence: 11 },
      { ...entry, messageId: "0", sequence: 10 },
    ]);
    expect(seen(rows).map(({ messageId, state, sequence }) => [messageId, state, sequence])).toEqual([
      ["0", "answered", 10],
      ["1", "answered", 11],
      ["2", "answered", 12],
      ["3", "answered", 13],
    ]);
    expect(rows.oldestSequence).toBe(10);
  });

  test("wait no more for an answer when the connection has ended, and take one that comes late", () => {
    const rows = new Rows();
    rows.take(framed("in", [2, "1", "Authorize", {}]));
    rows.take(framed("out", [2, "2", "Reset", {}]));
    const connection = { protocol: "ocpp1.6", code: 1006, reason: "lost" };
    rows.take({ cursor: "d", at: T(5), sequence: 9, type: "ocpp.station.disconnected", connection });
    expect(rows.all.map(({ state }) => state)).toEqual(["unanswered", "unanswered", "none"]);
    rows.take(framed("in", [3, "2", { status: "Accepted" }], 9));
    expect(rows.all.map(({ state }) => state)).toEqual(["unanswered", "answered", "none"]);
  });

  test("say what is not shown, and how a connection came and went", () => {
    const rows = new Rows();
    rows.take({ cursor: "g", gap: { frames: null } });
    rows.take({ cursor: "g", gap: { from: 3, to: 9 } });
    const connection = { protocol: "ocpp1.6", securityProfile: 2, remoteAddress: "192.0.2.7" };
    rows.take({ cursor: "h", at: T(1), sequence: 10, type: "ocpp.station.connected", connection });
    rows.take({
      cursor: "i",
      at: T(2),
      sequence: 11,
      type: "ocpp.station.disconnected",
      connection: { ...connection, code: 1006, reason: "lost" },
    });
    rows.take({ cursor: "j", live: { online: false, heartbeats: 0 } });
    expect(rows.all.map(({ kind, note }) => [kind, note])).toEqual([
      ["gap", "some frames are not kept, nobody knows how many"],
      ["gap", "the log has 3 to 9 no longer"],
      ["connected", "ocpp1.6, profile 2, 192.0.2.7"],
      ["disconnected", "1006 lost"],
    ]);
  });

  test("are bounded in number and characters, the oldest go, and a row that stays still gets its answer", () => {
    const rows = new Rows(undefined, { rows: 10, characters: 10_000, waiting: 100 });
    for (let id = 0; id < 15; id++) rows.take(framed("in", [2, `${id}`, "Heartbeat", {}]));
    rows.take(framed("out", [3, "14", {}], 7));
    expect([rows.all.length, rows.dropped, rows.all[0]?.messageId]).toEqual([10, 5, "5"]);
    expect(rows.all.at(-1)).toMatchObject({ state: "answered", latencyMs: 7 });
    for (let id = 0; id < 5; id++)
      rows.take(framed("in", [2, `big${id}`, "DataTransfer", { data: "x".repeat(4_000) }]));
    expect(rows.all.map(({ messageId }) => messageId)).toEqual(["big3", "big4"]);
    expect(rows.isFull).toBe(false);
  });

  test("lose nothing while held: what waits is counted, and shown in its order", () => {
    const rows = new Rows();
    called(rows, "1");
    rows.hold();
    for (let id = 2; id < 102; id++) called(rows, `${id}`);
    expect([rows.all.length, rows.waiting, rows.lost]).toEqual([1, 200, 0]);
    rows.go();
    expect(rows.all.map(({ messageId, state }) => [messageId, state])).toEqual(
      Array.from({ length: 101 }, (_, index) => [`${index + 1}`, "answered"]),
    );
    expect([rows.waiting, rows.isHeld]).toEqual([0, false]);
  });

  test("say how many of those that waited had to go, since more came than may wait", () => {
    const rows = new Rows(undefined, { rows: 1_000, characters: 1_000_000, waiting: 20 });
    rows.hold();
    for (let id = 0; id < 30; id++) called(rows, `${id}`);
    expect(rows.waiting).toBeLessThanOrEqual(22);
    expect(rows.waiting + rows.lost).toBe(60);
    const { lost } = rows;
    rows.go();
    expect(rows.all[0]).toMatchObject({ kind: "gap", note: expect.stringContaining(`${lost} frames`) });
    expect(rows.lost).toBe(0);
  });

  test("are shown by action or messageId, direction and kind; a gap is always", () => {
    const rows = new Rows();
    rows.take({ cursor: "g", gap: { frames: 2 } });
    called(rows, "a1", 0, "StatusNotification");
    rows.take(framed("out", [2, "b2", "Reset", {}]));
    rows.take(framed("in", [2, "c3", "Authorize", {}]));
    rows.take(framed("out", [4, "c3", "InternalError", "down", {}]));
    const names = (filter: Partial<typeof EVERYTHING>) =>
      shown(rows.all, { ...EVERYTHING, ...filter }).map(({ messageId }) => messageId);
    expect(names({})).toEqual(["", "a1", "b2", "c3"]);
    expect(names({ text: "status" })).toEqual(["", "a1"]);
    expect(names({ text: "B2" })).toEqual(["", "b2"]);
    expect(names({ direction: "out" })).toEqual(["", "b2"]);
    expect(names({ type: "faults" })).toEqual(["", "c3"]);
    expect(names({ type: "connections" })).toEqual([""]);
  });

  test("are read from a newer edge's entries without a fault, whatever is in them", () => {
    const rows = new Rows();
    const odd = [
      {},
      { type: 7, at: null },
      { type: "ocpp.call", action: {}, answer: [], deviations: [null, 3] },
      { type: "ocpp.security", security: "x" },
    ];
    for (const entry of odd) rows.take({ cursor: "x", entry: entry as Record<string, unknown> });
    rows.take(framed("in", [4]));
    rows.take(framed("in", []));
    rows.take(framed("in", [2, 7, null]));
    expect(rows.all.length).toBe(7);
    for (const each of rows.all) JSON.parse(rowAsJson(each));
  });
});

test("What changes a thousand times a second is drawn at most five times in it, and the last change always", () => {
  let now = 0;
  let due: { at: number; run: () => void }[] = [];
  const drawn: number[] = [];
  const beat = new Beat(() => drawn.push(now), 250, {
    now: () => now,
    later: (run, ms) => {
      const timer = { at: now + ms, run };
      due.push(timer);
      return () => {
        due = due.filter((each) => each !== timer);
      };
    },
  });
  for (; now < 2_000; now++) {
    if (now < 1_900) beat.touch();
    const ready = due.filter(({ at }) => at <= now);
    due = due.filter(({ at }) => at > now);
    for (const { run } of ready) run();
  }
  for (const first of drawn)
    expect(drawn.filter((at) => at >= first && at < first + 1_000).length).toBeLessThanOrEqual(5);
  expect(drawn.at(-1)).toBeGreaterThanOrEqual(1_750);
  beat.touch();
  beat.stop();
  expect(due).toEqual([]);
});

describe("A frame that is opened", () => {
  const text = (json: unknown, paths: string[]) =>
    markedLines(treeOf(json), paths).map(({ depth, pieces, mark }) => {
      const line = " ".repeat(depth) + pieces.map((piece) => piece.text).join("");
      return mark === undefined ? line : `${line}  <${mark}>`;
    });

  test("has the failing place marked, also one that is not there", () => {
    expect(text({ a: [{ b: "x" }], c: {} }, ["/a/0/b", "/c/d"])).toEqual([
      "{",
      ' "a": [',
      "  {",
      '   "b": "x"  <fault>',
      "  }",
      " ],",
      ' "c": {',
      '  "d": is missing  <missing>',
      " }",
      "}",
    ]);
    expect(text({}, [""])).toEqual(["{}  <fault>"]);
    expect(text({ "a/b": 1, m: 2 }, ["/a~1b"])).toEqual(["{", ' "a/b": 1,  <fault>', ' "m": 2', "}"]);
  });

  test("shows what is masked as masked", () => {
    const kinds = markedLines(treeOf({ idTag: "•••", n: 1 })).flatMap(({ pieces }) => pieces.map(({ kind }) => kind));
    expect(kinds).toContain("masked");
  });

  test("names the clauses of what it broke, in each version", () => {
    expect(clausesOf("ocpp1.6", "TypeConstraintViolation", "StartTransaction")).toEqual([
      { where: "OCPP-J 1.6 §4.2.3, table 7", says: "TypeConstraintViolation: a field has a value of another type" },
      { where: "OCPP 1.6 §6.45", says: "StartTransaction.req" },
    ]);
    expect(clausesOf("ocpp1.6", "FormationViolation", "SignCertificate")[1]?.where).toContain("whitepaper");
    expect(clausesOf("ocpp2.1", "Odd", "NotifyEvent")).toEqual([
      { where: "OCPP 2.1 Part 4 §4.3", says: "Odd: a code that the table does not have" },
      { where: "OCPP 2.1 Part 2, Messages", says: "NotifyEventRequest" },
    ]);
    expect(clausesOf("ocpp1.6", "FormationViolation", "")).toHaveLength(1);
  });

  test("is copied as JSON, and a command as `curl`", () => {
    const rows = new Rows();
    rows.take(framed("out", [2, "id", "Reset", { type: "Soft" }], 0));
    rows.take(framed("in", [3, "id", { status: "Accepted" }], 12));
    const [reset] = rows.all as [Row];
    expect(JSON.parse(rowAsJson(reset))).toEqual({
      ...{ at: T(0), kind: "call", direction: "out", action: "Reset", messageId: "id", payload: { type: "Soft" } },
      ...{ state: "answered", answer: { status: "Accepted" }, latencyMs: 12 },
    });
    expect(rowAsCurl("http://h", "CS1", reset)).toContain(`'{"action":"Reset","payload":{"type":"Soft"}}'`);
    expect(rowAsCurl("http://h", "CS1", { ...reset, direction: "in" })).toBeNull();
    expect(jsonOf("{not json")).toEqual({ kind: "string", text: "{not json" });
  });
});

describe("The feed of a tail", () => {
  const told = () => {
    const [standings, messages] = [[] as Standing[], [] as LiveMessage[]];
    return {
      ...{ standings, messages },
      onStanding: (standing: Standing) => void standings.push(standing),
      onMessage: (message: LiveMessage) => void messages.push(message),
    };
  };
  const LIVE: LiveMessage = { cursor: "9.a.1", live: { online: true, heartbeats: 0 } };
  const problem = (status: number, slug: string, detail: string) =>
    new KerbsideProblem({ type: `/problems/${slug}`, detail }, status, null);
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  test("is opened behind a sequence, then behind the last cursor, and ends with the page", async () => {
    const listener = told();
    const afters: unknown[] = [];
    let aborted = 0;
    const feed = new Feed(
      {
        async *live({ after, signal }) {
          afters.push(after);
          yield LIVE;
          await new Promise((resolve) => signal?.addEventListener("abort", resolve));
          aborted++;
        },
        probe: async () => {},
      },
      listener,
      () => 5,
    );
    feed.start(8);
    await settled();
    feed.start();
    await settled();
    feed.stop();
    await settled();
    expect([afters, aborted]).toEqual([[8, "9.a.1"], 2]);
    expect(listener.standings.map(({ kind }) => kind)).toEqual(["opening", "open", "opening", "open"]);
  });

  test.each([
    [problem(404, "station-not-found", "no such station"), "This station was deregistered."],
    [problem(403, "missing-scope", "The key lacks messages:read."), "The key lacks messages:read."],
    [problem(401, "unauthorized", "The key is none."), "The key is none."],
  ])("is closed for good where the API refuses it: %s", async (error, reason) => {
    const listener = told();
    const feed = new Feed(
      {
        async *live({ onBreak, signal }) {
          onBreak?.({ code: 1006, reason: "" });
          await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        },
        probe: async () => {
          throw error;
        },
      },
      listener,
      () => 5,
    );
    feed.start();
    await settled();
    expect(listener.standings.slice(1)).toEqual([
      { kind: "broken", since: 5, reason: "the line broke" },
      { kind: "closed", since: 5, reason, mayReopen: false },
    ]);
  });

  test("says of a line that was never open that others may watch already, where the API finds nothing wrong", async () => {
    const listener = told();
    const feed = new Feed(
      {
        async *live({ onBreak, signal }) {
          onBreak?.({ code: 1006, reason: "" });
          await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        },
        probe: async () => {},
      },
      listener,
      () => 5,
    );
    feed.start();
    await settled();
    expect(listener.standings.at(-1)).toMatchObject({ kind: "broken", reason: expect.stringContaining("five others") });
    feed.stop();
  });

  test("is interrupted since its first break, however often it is tried again, until it is open", async () => {
    const listener = told();
    let now = 0;
    const feed = new Feed(
      {
        async *live({ onBreak, signal }) {
          const breaks = (at: number) => {
            now = at;
            onBreak?.({ code: 1006, reason: "" });
          };
          breaks(10);
          breaks(20);
          yield LIVE;
          breaks(30);
          breaks(40);
          await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        },
        probe: () => new Promise(() => {}),
      },
      listener,
      () => now,
    );
    feed.start();
    await settled();
    feed.stop();
    const since = listener.standings.map((standing) => ("since" in standing ? standing.since : standing.kind));
    expect(since).toEqual(["opening", 10, 10, "open", 30, 30]);
  });

  test("has its page ask again at once when its line breaks, once for each outage, and when it is there again", async () => {
    const hints: string[] = [];
    const station = {
      messagesPage: async () => ({ messages: [], cursor: null }),
      async *live({ onBreak, signal }: Parameters<Station["live"]>[0] & object) {
        yield LIVE;
        for (let tries = 0; tries < 3; tries++) onBreak?.({ code: 1006, reason: "" });
        hints.push("still broken");
        yield LIVE;
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      },
    } as unknown as Station;
    const model = new TailModel(station, (hint) => void hints.push(hint));
    await model.start();
    await settled();
    model.stop();
    expect(hints).toEqual(["line", "still broken", "line"]);
  });

  test("says that the station was deregistered, and goes on over a break that decides nothing until it is given up", async () => {
    const listener = told();
    let turn = 0;
    const feed = new Feed(
      {
        async *live({ onBreak }) {
          yield LIVE;
          if (++turn > 1) return;
          onBreak?.({ code: 1013, reason: "too slow" });
          throw new Error("given up");
        },
        probe: async () => {
          throw problem(503, "unavailable", "later");
        },
      },
      listener,
      () => 5,
    );
    feed.start();
    await settled();
    feed.start();
    await settled();
    expect(listener.standings).toEqual([
      { kind: "opening" },
      { kind: "open" },
      { kind: "broken", since: 5, reason: "this page read too slowly" },
      {
        kind: "closed",
        since: 5,
        reason: "The live tail could not be opened: the edge does not answer.",
        mayReopen: true,
      },
      { kind: "opening" },
      { kind: "open" },
      { kind: "closed", since: 5, reason: "This station was deregistered.", mayReopen: false },
    ]);
  });
});
