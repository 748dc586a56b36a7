import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { drawing, LAYERS, PAPER, roomImports, upwards, withDrawing } from "./support/architecture-drawing.ts";
import { files, type Import, importsOf, roomOf } from "./support/source-files.ts";

const PURE = ["ocpp", "security", "delivery"];
/** Programs for Node, and what a browser or a backend has of its own. */
const NEVER_BUNDLED = ["local", "deploy", "simulator", "bridge", "programs", "client", "console"];
/** What a room may import from, beside itself and the files on top of src; of a shell in another's list types alone. */
const ROOMS: Record<string, readonly string[]> = {
  ocpp: [],
  security: ["ocpp"],
  delivery: ["ocpp"],
  station: ["ocpp", "security", "delivery", "webhooks", "fleet", "pki"],
  webhooks: ["delivery", "fleet"],
  fleet: ["security", "delivery"],
  pki: ["security", "fleet"],
  http: ["ocpp", "security", "delivery", "webhooks", "fleet", "station", "pki"],
  client: ["ocpp"],
  console: ["client", "ocpp", "security"],
  programs: [],
  bridge: ["ocpp", "delivery", "client", "programs"],
  deploy: ["security", "programs"],
  local: ["ocpp", "security", "station", "webhooks", "fleet"],
  simulator: ["ocpp", "local", "programs", "client"],
};
/** What rooms of a shell say of it in types: whoever is inside may know what it is called by. */
const INTERFACES = ["station/station-rpc.ts"];
/** Packages that a pure room may build on: none of them knows the platform, a socket or the clock's hour. */
const PURE_PACKAGES = ["zod/mini", "ajv-formats/dist/formats.js"];
/** Node scripts: run to build, imported by nobody. */
const SCRIPTS = [
  "ocpp/schemas/generate.ts",
  "http/description/generate.ts",
  "http/reference/generate.ts",
  "client/build.ts",
  "console/build.ts",
];
/** Read by a script alone: the Worker serves what that makes of it. */
const BUILT_FROM = "http/description/";
const ENTRIES = ["worker.ts", "local/runtime/gate.ts"];
const MAX_LINES = 300;

const isPure = (path: string) => PURE.includes(roomOf(path));

/** "file → what it must not", for every import that `isWrong`. */
const wrongImports = (isWrong: (file: string, target: Import) => boolean): string[] =>
  files.flatMap(({ file, imports }) =>
    imports.filter((each) => isWrong(file, each)).map(({ target }) => `${file} → ${target}`),
  );
/** The code without comments and texts: those may speak of anything. */
const codeOf = (text: string) =>
  text
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/(?<=^|\s)\/\/.*$/gm, "")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');

/** "a → b → a", for each way that comes back to where it began. */
function circlesOf(all: readonly { file: string; imports: Import[] }[]): string[] {
  const edges = new Map(
    all.map(({ file, imports }) => [file, imports.filter(({ own }) => own).map(({ target }) => target)]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file) || path.includes(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const { file } of all) walk(file, []);
  return circles;
}

test("The imports are read as they stand in the files", () => {
  const text = [
    'import type { A } from "./a.ts";',
    'import { type B, c } from "../station/b.ts";',
    'import {\n  type D,\n  type E,\n} from "../station/d.ts";',
    'export * from "zod";',
    'import "../local/side.ts";',
    'const late = await import("node:fs");',
  ].join("\n");
  expect(importsOf("http/x.ts", text).map(({ target, typeOnly }) => [target, typeOnly])).toEqual([
    ["http/a.ts", true],
    ["station/b.ts", false],
    ["station/d.ts", true],
    ["zod", false],
    ["local/side.ts", false],
    ["node:fs", false],
  ]);
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(({ imports }) => imports).filter(({ own }) => own).length).toBeGreaterThan(200);
});

describe("Imports point one way", () => {
  test("from a pure room to pure rooms and src/result.ts alone", () => {
    const wrong = wrongImports(
      (file, { own, target }) => isPure(file) && own && !isPure(target) && target !== "result.ts",
    );
    expect(wrong).toEqual([]);
  });

  test("from a pure room to no platform, and to few packages", () => {
    const wrong = wrongImports(
      (file, { own, target }) => isPure(file) && !own && !SCRIPTS.includes(file) && !PURE_PACKAGES.includes(target),
    );
    expect(wrong).toEqual([]);
  });

  test("from the protocol to nothing but the protocol: not to security, nor to delivery", () => {
    const wrong = wrongImports(
      (file, { own, target }) => roomOf(file) === "ocpp" && own && !/^(?:ocpp\/|result\.ts)/.test(target),
    );
    expect(wrong).toEqual([]);
  });

  test("from http to the station by type alone, but for the request both sides write and read", () => {
    const wrong = wrongImports(
      (file, { typeOnly, target }) =>
        roomOf(file) === "http" &&
        roomOf(target) === "station" &&
        !typeOnly &&
        !["connection/connect-request.ts", "link/link-request.ts", "tail/live-request.ts"].includes(
          target.replace("station/", ""),
        ),
    );
    expect(wrong).toEqual([]);
  });

  test("from each room to those below it", () => {
    const unknown = files.map(({ file }) => roomOf(file)).filter((room) => room !== "" && !(room in ROOMS));
    expect([...new Set(unknown)]).toEqual([]);
    const wrong = wrongImports((file, { own, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      return own && from !== "" && to !== "" && from !== to && !ROOMS[from]?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  test("from the client to nothing but types, and to no package", () => {
    const isForeign = ({ own, target }: Import) => !own || roomOf(target) !== "client";
    const wrong = wrongImports(
      (file, target) =>
        roomOf(file) === "client" && !SCRIPTS.includes(file) && isForeign(target) && !(target.own && target.typeOnly),
    );
    expect(wrong).toEqual([]);
  });

  test("from the fleet to the station by type alone", () => {
    const wrong = wrongImports(
      (file, { typeOnly, target }) => roomOf(file) === "fleet" && roomOf(target) === "station" && !typeOnly,
    );
    expect(wrong).toEqual([]);
  });

  test("never from the Worker to the local edge, the simulator, a script or Node", () => {
    const isOutside = (path: string) =>
      NEVER_BUNDLED.includes(roomOf(path)) || SCRIPTS.includes(path) || path.startsWith(BUILT_FROM);
    const wrong = wrongImports(
      (file, { target }) => !isOutside(file) && (isOutside(target) || target.startsWith("node:")),
    );
    expect(wrong).toEqual([]);
  });

  test.each([
    // Upper rooms first: none imports from one before it, types included.
    ["local", [".", "front/thread", "front", "front/certificate", "runtime", "pki", "state"]],
    ["simulator", ["cli", "demo", "fleet", "csms", "station"]],
    [
      "station",
      [
        ".",
        "registration",
        "link",
        "tail",
        "history",
        "operation",
        "certificate",
        "command",
        "connection",
        "delivery",
        "object",
        "storage",
      ],
    ],
    [
      "console",
      [
        ".",
        "shell",
        "pages/overview",
        "pages/stations",
        "pages/newcomers",
        "pages/station",
        "pages/campaigns",
        "pages/webhooks",
        "pages/problems",
        "pages/audit",
        "pages/settings",
        "tail",
        "command-form",
        "json",
        "parts",
        "look",
        "data",
      ],
    ],
  ])("within %s from the first of its folders to the last", (house, rooms) => {
    const roomIn = (path: string) => {
      const inside = dirname(relative(house, path));
      return inside.startsWith("..") ? null : rooms.indexOf(inside);
    };
    const unplaced = files.filter(({ file }) => roomOf(file) === house && roomIn(file) === -1);
    expect(unplaced.map(({ file }) => file)).toEqual([]);
    const upwards = wrongImports((file, { own, target }) => {
      const [from, to] = [roomIn(file), own ? roomIn(target) : null];
      return from !== null && to !== null && to < from && !INTERFACES.includes(target);
    });
    expect(upwards).toEqual([]);
  });

  test("never in a circle, of types neither", () => {
    expect(circlesOf(files)).toEqual([]);
    const planted = (file: string, target: string) => ({ file, imports: [{ own: true, typeOnly: true, target }] });
    expect(circlesOf([planted("a.ts", "b.ts"), planted("b.ts", "a.ts")])).toEqual(["a.ts → b.ts → a.ts"]);
  });
});

test("The drawing in the paper is the one that the code makes: `npm run papers`", () => {
  const paper = readFileSync(join(import.meta.dirname, "..", PAPER), "utf8");
  expect(paper).toBe(withDrawing(paper, drawing()));
});

test("No arrow of the drawing points upwards, and no room is left out of it", () => {
  expect(upwards(roomImports().keys())).toEqual([]);
  expect(upwards(Object.entries(ROOMS).flatMap(([from, below]) => below.map((to) => `${from} → ${to}`)))).toEqual([]);
  expect(LAYERS.flatMap(([, rooms]) => rooms).sort()).toEqual(Object.keys(ROOMS).sort());
  expect(upwards(["fleet → station", "http → http", "http → elsewhere", "http → fleet"])).toEqual([
    "fleet → station",
    "http → http",
    "http → elsewhere",
  ]);
});

describe("A pure room", () => {
  test("has neither clock nor chance: both are passed in", () => {
    // A default may be: whoever tests passes another.
    const isImpure =
      /(?<![(,]\s*\w+(?:: \w+)? = )\b(?:Date\.now\(\)|new Date\(\)|Math\.random\(\)|crypto\.randomUUID\(\)|performance\.now\(\))/;
    const impure = files.filter(
      ({ file, text }) => ["ocpp", "delivery"].includes(roomOf(file)) && isImpure.test(codeOf(text)),
    );
    expect(impure.map(({ file }) => file)).toEqual([]);
    expect(isImpure.test("f(now: number = Date.now())")).toBe(false);
    expect(isImpure.test("const now = Date.now();")).toBe(true);
  });

  test("sets no timers, opens no sockets and logs nothing", () => {
    const isImpure = /\b(?:setTimeout|setInterval|fetch|WebSocket|WebSocketPair|console)\b(?:\(|\.)/;
    const impure = files.filter(
      ({ file, text }) => isPure(file) && !SCRIPTS.includes(file) && isImpure.test(codeOf(text)),
    );
    expect(impure.map(({ file }) => file)).toEqual([]);
  });
});

describe("A file of src", () => {
  test(`has at most ${MAX_LINES} lines`, () => {
    const long = files.filter(({ text, isGenerated }) => !isGenerated && text.trimEnd().split("\n").length > MAX_LINES);
    expect(long.map(({ file }) => file)).toEqual([]);
  });

  test("has no default export unless it is an entry point", () => {
    const wrong = files.filter(
      ({ file, text }) => /^export default\b|\bas default\b/m.test(codeOf(text)) && !ENTRIES.includes(file),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("is named after the noun inside, in kebab-case, and is no barrel", () => {
    const wrong = files.filter(({ file }) => /(?:^|\/)(?:utils?|helpers?|index|common)\.ts$|[A-Z_]/.test(file));
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("that reads JSON keeps what it could not read out of its errors: they are logged", () => {
    // Which catch it and say nothing of it, or read what is ours and JSON already.
    const careful = ["json.ts", "ocpp/decode.ts", "ocpp/numbers.ts", "ocpp/schemas/packed-table.ts"];
    const wrong = files.filter(
      ({ file, text }) =>
        !NEVER_BUNDLED.includes(roomOf(file)) &&
        !SCRIPTS.includes(file) &&
        !careful.includes(file) &&
        /\bJSON\.parse\(|\.json(?:<.*>)?\(\)/.test(codeOf(text)),
    );
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test("opens with its job and what it must not know", () => {
    const silent = files.filter(({ text, isGenerated }) => !isGenerated && !/^(?:\/\*\*|\/\/ )/.test(text));
    expect(silent.map(({ file }) => file)).toEqual([]);
  });
});
