import { expect, test } from "vitest";
import { NotJsonError, parseJson } from "../src/json.ts";
import { messageOf } from "../src/log.ts";

const SECRET = "hunter2";

test.each([SECRET, `{"a":${SECRET}`, `"${SECRET}`, `[1,'${SECRET}']`, `{${SECRET}}`, `1${SECRET}`])(
  "What is said of a text that is no JSON (%s) holds nothing of it, by whomever it was read",
  async (text) => {
    expect(() => parseJson(text)).toThrow(NotJsonError);
    const errors: unknown[] = [];
    for (const read of [() => parseJson(text), () => JSON.parse(text), () => new Response(text).json()]) {
      try {
        await read();
      } catch (error) {
        errors.push(error);
      }
    }
    expect(errors).toHaveLength(3);

    for (const error of errors) expect(messageOf(error)).not.toMatch(/hu|'h'/);
  },
);

test("What D1's binding says of an answer that it could not read ends before the answer", () => {
  const error = new Error(`D1_ERROR: Failed to parse body as JSON, got: <html>${SECRET}\n${SECRET}</html>`);
  expect(messageOf(error)).toBe("D1_ERROR: Failed to parse body as JSON, got: …");
});

test("The message of an error is bounded", () => {
  expect(messageOf(new Error("x".repeat(10_000))).length).toBeLessThan(1_000);
  expect(messageOf("as it is")).toBe("as it is");
});
