/**
 * Lays the pages of /docs into dist/assets/docs, from where the Worker serves them: what is drawn there, and Scalar, which draws it. Run
 * before every npm script and build; must not know the API.
 */
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const out = join(root, "dist/assets/docs");
const scalar = readFileSync(join(root, "node_modules/@scalar/api-reference/dist/browser/standalone.js"), "utf8")
  // It is not served.
  .replace(/\/\/# sourceMappingURL=.*\s*$/, "");
/** With a digest in its name it is asked for once. */
const name = `scalar-${createHash("sha256").update(scalar).digest("hex").slice(0, 16)}.js`;

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, name), scalar);
for (const file of ["adopted-styles.js", "reference.js", "reference.css"])
  cpSync(join(import.meta.dirname, file), join(out, file));
const page = readFileSync(join(import.meta.dirname, "index.html"), "utf8");
writeFileSync(join(out, "index.html"), page.replace("SCALAR", name));
