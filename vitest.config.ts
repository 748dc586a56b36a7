import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file may hold a workerd of its own; more at once than cores only makes them slow together.
    maxWorkers: 2,
  },
});
