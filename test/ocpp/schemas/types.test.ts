// Shows that the static types of all messages say what the checks say: tsc takes every valid sample and refuses the invalid ones.
// It must not know how the types are generated.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { ActionOf, OcppRequest, OcppResponse } from "../../../src/ocpp/schemas/types.ts";
import { everyMessage, invalidPayloads, type Message, seeded, validPayload } from "../../support/ocpp-samples.ts";

const types = fileURLToPath(new URL("../../../src/ocpp/schemas/types.ts", import.meta.url));
const tsc = fileURLToPath(new URL("../../../node_modules/typescript/bin/tsc", import.meta.url));

/** What a static type can see; lengths, bounds, formats and whole numbers are the checks' alone. */
const VISIBLE = new Set(["required", "type", "enum", "additionalProperties"]);

function typeOf({ protocol, action, direction }: Message): string {
  return `${direction === "request" ? "OcppRequest" : "OcppResponse"}<"${protocol}", "${action}">`;
}

describe("the static types", () => {
  it("take what the checks take, and refuse what they refuse, for every message", () => {
    const rng = seeded(6);
    const lines = [`import type { OcppRequest, OcppResponse } from ${JSON.stringify(types)};`];
    for (const message of everyMessage) {
      const { protocol, action, direction } = message;
      const declare = (payload: unknown) => {
        lines.push(`export const x${lines.length}: ${typeOf(message)} = ${JSON.stringify(payload)};`);
      };
      declare(validPayload(protocol, action, direction, rng, "full"));
      declare(validPayload(protocol, action, direction, rng));
      for (const { payload, keyword, path } of invalidPayloads(protocol, action, direction, rng)) {
        const wrong = path
          .split("/")
          .slice(1)
          .reduce((it, key) => (it as never)?.[key], payload);
        if (!VISIBLE.has(keyword) || wrong === 1.5) continue;
        lines.push("// @ts-expect-error");
        declare(payload);
      }
    }
    const folder = mkdtempSync(join(tmpdir(), "kerbside-types-"));
    try {
      const file = join(folder, "samples.ts");
      writeFileSync(file, lines.join("\n"));
      const flags = [
        "--strict",
        "--exactOptionalPropertyTypes",
        "--noEmit",
        "--allowImportingTsExtensions",
        "--skipLibCheck",
      ];
      const module = ["--module", "esnext", "--moduleResolution", "bundler", "--ignoreConfig", "--types", ""];
      let said = "";
      try {
        execFileSync(process.execPath, [tsc, ...flags, ...module, file], { encoding: "utf8" });
      } catch (error) {
        said = String((error as { stdout?: string }).stdout).slice(0, 3000);
      }
      expect(said).toBe("");
      expect(lines.length).toBeGreaterThan(2_000);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("name the properties and values of OCPP", () => {
    expectTypeOf<OcppRequest<"ocpp1.6", "BootNotification">["chargePointModel"]>().toEqualTypeOf<string>();
    expectTypeOf<OcppResponse<"ocpp1.6", "BootNotification">["status"]>().toEqualTypeOf<
      "Accepted" | "Pending" | "Rejected"
    >();
    expectTypeOf<OcppRequest<"ocpp1.6", "Heartbeat">>().toEqualTypeOf<Record<string, never>>();
    expectTypeOf<OcppRequest<"ocpp2.0.1", "DataTransfer">["data"]>().toEqualTypeOf<unknown>();
    expectTypeOf<OcppRequest<"ocpp2.1", "TransactionEvent">["seqNo"]>().toEqualTypeOf<number>();
    expectTypeOf<OcppRequest<"ocpp2.1", "NotifyPeriodicEventStream">["id"]>().toEqualTypeOf<number>();
    expectTypeOf<OcppResponse<"ocpp2.1", "NotifyPeriodicEventStream">>().toEqualTypeOf<never>();
    expectTypeOf<"TransactionEvent">().not.toExtend<ActionOf<"ocpp1.6">>();
    expectTypeOf<"TransactionEvent">().toExtend<ActionOf<"ocpp2.0.1">>();
  });
});
