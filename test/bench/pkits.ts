/**
 * NIST's PKITS as `npm run bench -- pkits` prints it: applicable, passed, each that is left out with its reason. Fails where one is
 * wrong; must not know how a case is judged.
 */
import { NO_PKITS, runPkits } from "./pkits-cases.ts";

export async function pkits(): Promise<void> {
  const all = await runPkits();
  if (all === null) {
    console.log(NO_PKITS);
    return;
  }
  const applicable = all.filter(({ leftOut }) => leftOut === null);
  const wrong = applicable.filter(({ admitted, valid }) => admitted !== valid);
  const admissions = all.filter(({ admitted, valid }) => admitted && !valid);
  const rows = [
    ["cases", all.length],
    ["applicable", applicable.length],
    ["passed", applicable.length - wrong.length],
    ["wrong admissions, of all", admissions.length],
  ];
  console.log("| NIST PKITS | |\n| --- | --- |");
  for (const [name, count] of rows) console.log(`| ${name} | ${count} |`);
  console.log("\nLeft out:\n");
  const byReason = Map.groupBy(
    all.filter(({ leftOut }) => leftOut !== null),
    ({ leftOut }) => leftOut,
  );
  for (const [reason, cases] of byReason) console.log(`- ${cases.map(({ id }) => id).join(", ")}: ${reason}`);
  for (const { id, title, why } of [...wrong, ...admissions]) console.log(`\nWRONG: ${id} ${title} ${why}`);
  if (wrong.length + admissions.length > 0) process.exitCode = 1;
}
