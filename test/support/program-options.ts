/**
 * The options of a program for whoever looks after Kerbside: an unknown one, or --help, ends it with how it is used. Must not know what
 * they mean.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { refusalOf } from "../../src/programs/option-values.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

const MISUSED = 2;

type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>["values"];

/** @param read what they come to; may throw as `wholeNumber` and its like do */
export function programOptions<const O extends Options, Read = Values<O>>(
  usage: string,
  options: O,
  read: (values: Values<O>) => Read = (values) => values as unknown as Read,
): Read {
  if (process.argv.includes("--help")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    return read(parseArgs({ options }).values);
  } catch (error) {
    const refused = refusalOf(error);
    process.stderr.write(`${refused.ok ? "" : refused.error}\n\n${usage}`);
    process.exit(MISUSED);
  }
}
