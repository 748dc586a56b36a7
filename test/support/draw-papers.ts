/**
 * `npm run papers`: draws into the papers what is in the code, the imports between the rooms and the bounds. Must not judge them:
 * tests do.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawing, PAPER, withDrawing } from "./architecture-drawing.ts";
import { LIMITS_PAPER, limitsPaper } from "./limits-table.ts";

const pathOf = (paper: string) => join(import.meta.dirname, "../..", paper);
writeFileSync(pathOf(PAPER), withDrawing(readFileSync(pathOf(PAPER), "utf8"), drawing()));
writeFileSync(pathOf(LIMITS_PAPER), limitsPaper());
