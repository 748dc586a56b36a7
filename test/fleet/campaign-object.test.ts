import { join } from "node:path";
import { expect, test } from "vitest";
import { migrated } from "../support/sqlite-d1.ts";

// By a name that the compiler does not look up: it would find the Workers' types, which are not Node's.
const load = (file: string) => import(join(import.meta.dirname, "../../src/fleet/campaigns", file));
const { Campaign } = await load("campaign.ts");
const { insertDraft } = await load("campaign-rows.ts");

/** As much of an object's storage as a campaign asks for; its first alarm fails. */
function faulty() {
  const kept = new Map<string, unknown>();
  const alarms: number[] = [];
  let isBroken = true;
  const storage = {
    get: async (name: string) => kept.get(name),
    put: async (name: string, value: unknown) => void kept.set(name, structuredClone(value)),
    setAlarm: async (at: number) => {
      if (isBroken) {
        isBroken = false;
        throw new Error("no alarm");
      }
      alarms.push(at);
    },
  };
  const state = { storage, id: { toString: () => "C" }, blockConcurrencyWhile: (work: () => unknown) => work() };
  return { state, alarms };
}

test("A campaign that a fault cut off at its beginning begins with the same request", async () => {
  const directory = migrated().directory;
  const { state, alarms } = faulty();
  const asked = { name: "c", action: "Reset", payload: {}, ratePerSecond: 1, expiresInSeconds: 0, startAt: 5 };
  await insertDraft(directory, { ...asked, id: "C", actor: "k", reach: "all", request: { key: "k", digest: "d" } }, 1);
  const campaign = new Campaign(state, { DIRECTORY: directory });
  await expect(campaign.begin("C")).rejects.toThrow("no alarm");
  expect(await campaign.begin("C")).toBe("done");
  expect(alarms).toHaveLength(1);
  const again = await insertDraft(
    directory,
    { ...asked, id: "D", actor: "k", reach: "all", request: { key: "k", digest: "d" } },
    2,
  );
  expect(again).toMatchObject({ id: "C", state: "scheduled" });
  expect(await campaign.begin("C")).toBe("done");
  expect(alarms).toHaveLength(1);
});
