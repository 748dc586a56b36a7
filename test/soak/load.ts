/**
 * The process that connects, told by its parent which arm's turn it is: its own memory and garbage are then nobody's
 * measurement. Must not know what is measured.
 */
import type { ChurnSpec } from "./arm.ts";
import { Churn, type Round } from "./churn.ts";

export type LoadOrder =
  | { type: "open"; spec: ChurnSpec }
  | { type: "round"; arm: string; connections: number }
  | { type: "stop" };
export type LoadAnswer =
  | { type: "opened" }
  | { type: "stopped" }
  | ({ type: "done" } & Round)
  | { type: "failed"; reason: string };

const churns = new Map<string, Churn>();

async function obey(order: LoadOrder): Promise<LoadAnswer> {
  switch (order.type) {
    case "open":
      churns.set(order.spec.arm.name, await Churn.open(order.spec));
      return { type: "opened" };
    case "round": {
      const churn = churns.get(order.arm);
      if (churn === undefined) throw new Error(`There is no arm ${order.arm}`);
      return { type: "done", ...(await churn.round(order.connections)) };
    }
    case "stop":
      await Promise.all([...churns.values()].map((churn) => churn.stop()));
      return { type: "stopped" };
  }
}

process.on("message", async ({ number, order }: { number: number; order: LoadOrder }) => {
  const answer = await obey(order).catch((error: Error) => ({ type: "failed", reason: error.message }));
  if (process.connected) process.send?.({ number, answer });
});
process.on("disconnect", () => process.exit(0));
// A terminal sends it to the whole group; the parent says when it is over.
process.on("SIGINT", () => {});
