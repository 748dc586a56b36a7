import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { filesThatShare } from "./test/support/shared-process.ts";

// Most files have a process of their own, and many start others: none compiles anew what another has.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules/.cache/compile");

/** By how a path begins, the longest first: one that began last would be waited for alone. */
const LONGEST = [
  "test/chaos/chaos",
  "test/soak/soak",
  "test/http/connect",
  "test/local/state/state-folder",
  "test/console/",
  "test/http/stations",
  "test/station/platform-limits",
  "test/simulator/",
  "test/chaos/",
  "test/station/answering",
  "test/local/main",
  "test/security/attacks/",
  "test/model/",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((path) => moduleId.includes(`/${path}`));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** To start a process for a file costs as much as most of these take. */
const shared = filesThatShare();

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: shared } },
      { extends: true, test: { name: "shared", include: shared, isolate: false } },
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file may hold a workerd of its own, and waits half of its time: with more at once they only make each other slow.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
