/**
 * /v1/problems: what goes wrong in the fleet. Must not know how it is kept.
 */
import { readProblems } from "../fleet/problems/kept-problems.ts";
import type { Handlers } from "./call.ts";

export const fleetProblemHandlers: Handlers<"listProblems"> = {
  async listProblems({ c, query, within }) {
    const { limit } = query();
    return within(async (reach) => c.json(await readProblems(c.env.DIRECTORY, reach, limit)));
  },
};
