/** Locks the folder it is given at a moment it is given, says whether it has, and keeps it until its input ends. */
import { lockFolder } from "../../src/local/state/folder-lock.ts";

const [dir = "", at = "0"] = process.argv.slice(2);
while (Date.now() < Number(at));
try {
  await lockFolder(dir);
  process.stdout.write("locked\n");
  process.stdin.resume();
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
