/**
 * Writes the description of the API to dist/assets, from where the Worker serves it. Run before every npm script and build; must not
 * know what it describes.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseJson } from "../../json.ts";
import { description } from "./openapi.ts";

const root = resolve(import.meta.dirname, "../../..");
const assets = join(root, "dist/assets");
const { version } = parseJson<{ version: string }>(readFileSync(join(root, "package.json"), "utf8"));

mkdirSync(assets, { recursive: true });
writeFileSync(join(assets, "openapi.json"), `${JSON.stringify(description(version))}\n`);
