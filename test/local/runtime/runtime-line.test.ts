import { expect, test } from "vitest";
import { runtimeLine } from "../../../src/local/runtime/runtime-line.ts";

test("A line of the Worker's stays as it is, and any other text becomes one", () => {
  const own = '{"level":"info","message":"ready"}';
  expect(runtimeLine(own, "log")).toEqual({ line: own, level: "log" });
  expect(runtimeLine("a\nb", "log")).toEqual({ line: '{"level":"info","message":"a\\nb"}', level: "log" });
  expect(runtimeLine("a\nb", "error").level).toBe("error");
});

test("What is too long is cut", () => {
  const { line } = runtimeLine(JSON.stringify({ message: "\u0000".repeat(10_000) }), "error");
  expect(line.length).toBeLessThan(8_000);
  expect(JSON.parse(line).message).toMatch(/…$/);
});

test("What a client does wrong is a warning; what workerd does, an error", () => {
  const failed = "Uncaught exception: kj/compat/http.c++:6176: failed: ";
  const client = "remote.jsg.Error: WebSocket protocol error; protocolError.statusCode = 1002";
  for (const [reason, level] of [
    [client, "warn"],
    ["expected !closed", "error"],
  ] as const)
    expect(runtimeLine(failed + reason, "error")).toEqual({
      line: JSON.stringify({ level, message: failed + reason }),
      level,
    });
});
