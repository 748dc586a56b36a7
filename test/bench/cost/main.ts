/**
 * `npm run cost`: prints what `run.ts` found, and ends with its code. Must not reckon anything.
 */
import { cost } from "./run.ts";

const { code, out, complaint } = await cost(process.argv.slice(2));
process.stdout.write(out);
process.stderr.write(complaint);
process.exitCode = code;
