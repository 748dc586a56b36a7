/**
 * Runs before every npm script, on any Node from 20 and with nothing installed: brings node_modules and the generated
 * schemas up to date. Must not import anything but Node's own modules, nor know what the scripts do.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), "../..");
const modules = join(root, "node_modules");
const node = join(modules, ".bin", "node");
const installedLock = join(modules, ".package-lock.json");
const schemas = join(root, "src/ocpp/schemas");
const generated = join(schemas, "generated");
const http = join(root, "src/http");
const description = join(http, "description");
const reference = join(http, "reference");
const client = join(root, "src/client");
const webConsole = join(root, "src/console");

if (!isInstalled()) install();
if (existsSync(join(schemas, "generate.ts")) && !isGenerated()) generate();
if (existsSync(join(description, "generate.ts")) && !isDescribed()) {
  run([node, join(description, "generate.ts")], process.env, "The description of the API");
}
if (existsSync(join(reference, "generate.ts")) && !isLaidOut()) {
  run([node, join(reference, "generate.ts")], process.env, "The pages of the API");
}

if (existsSync(join(client, "build.ts")) && !isClientMade()) {
  run([node, join(client, "build.ts")], process.env, "The client");
}
if (existsSync(join(webConsole, "build.ts")) && !isConsoleBuilt()) {
  run([node, join(webConsole, "build.ts")], process.env, "The console");
}

/** npm leaves in node_modules a lock of what it put there: the same entries, less those for other platforms. */
function isInstalled() {
  if (!existsSync(installedLock) || !existsSync(node)) return false;
  const wanted = readPackages(join(root, "package-lock.json"));
  const present = readPackages(installedLock);
  for (const [path, { version, optional, peer }] of Object.entries(wanted)) {
    if (path === "" || (present[path] === undefined && (optional || peer))) continue;
    if (present[path]?.version !== version) return false;
  }
  return Object.keys(present).every((path) => wanted[path] !== undefined);
}

function readPackages(path) {
  return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
}

function install() {
  process.stderr.write("Installing what package-lock.json names …\n");
  const npm = process.env.npm_execpath;
  // Development dependencies whatever NODE_ENV says: the runtime is one of them.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  // Not the Node inside node_modules, if it is the one that runs this: npm ci deletes it under its own feet.
  const program = npm === undefined ? ["npm"] : [nodeOutside(), npm];
  const env = { ...process.env, PATH: pathOutside().join(delimiter) };
  run([...program, ...args], env, "npm ci");
}

function pathOutside() {
  return (process.env.PATH ?? "").split(delimiter).filter((dir) => !dir.startsWith(modules));
}

function nodeOutside() {
  const found = pathOutside().find((dir) => dir !== "" && existsSync(join(dir, "node")));
  return found === undefined ? process.execPath : join(found, "node");
}

function isGenerated() {
  const outputs = filesIn(generated);
  // What the forms are drawn from lies where a build of the pages may have taken it away.
  if (outputs.length === 0 || !existsSync(join(root, "dist/assets/schemas/ocpp2.1/actions.json"))) return false;
  const actions = join(root, "src/ocpp/actions.ts");
  const inputs = [...filesIn(schemas).filter((path) => path.endsWith(".ts")), actions, installedLock];
  const modified = (path) => statSync(path).mtimeMs;
  return Math.min(...outputs.map(modified)) >= Math.max(...inputs.map(modified));
}

/** Whether what it is made of is older: the table of routes, and what they answer. */
function isDescribed() {
  const output = join(root, "dist/assets/openapi.json");
  if (!existsSync(output)) return false;
  const inputs = [join(root, "package.json"), ...[http, join(http, "routes"), description].flatMap(filesIn)];
  return statSync(output).mtimeMs >= Math.max(...inputs.map((path) => statSync(path).mtimeMs));
}

/** Whether the pages and what draws them are older. */
function isLaidOut() {
  const output = join(root, "dist/assets/docs/index.html");
  if (!existsSync(output)) return false;
  const inputs = [installedLock, ...filesIn(reference)];
  return statSync(output).mtimeMs >= Math.max(...inputs.map((path) => statSync(path).mtimeMs));
}

/** What examples, and whoever installs the folder, import as `kerbside`. */
function isClientMade() {
  const output = join(root, "dist/client/kerbside.js");
  if (!existsSync(output)) return false;
  return statSync(output).mtimeMs >= Math.max(...filesIn(client).map((path) => statSync(path).mtimeMs));
}

/** Whether what it is drawn by is older: its own files, the client and the packages that it is built with. */
function isConsoleBuilt() {
  const output = join(root, "dist/assets/index.html");
  if (!existsSync(output)) return false;
  const own = readdirSync(webConsole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const inputs = [installedLock, ...filesIn(client), ...own];
  return statSync(output).mtimeMs >= Math.max(...inputs.map((path) => statSync(path).mtimeMs));
}

function generate() {
  run([node, join(schemas, "generate.ts")], process.env, "The schema generator");
  // A generator that leaves an unchanged file alone would be asked again each time.
  const now = new Date();
  for (const path of filesIn(generated)) utimesSync(path, now, now);
}

function filesIn(dir) {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(dir, entry.name));
}

function run([command, ...args], env, title) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  process.stderr.write(`${title} failed${error === undefined ? ` (exit code ${status})` : `: ${error.message}`}\n`);
  process.exit(1);
}
