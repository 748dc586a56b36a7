/**
 * How much a payload may deviate from OCPP's schemas. Must not know which deviations there are.
 *
 * `lenient` lets the known harmless deviations of `schemas/tolerance.ts` pass, each marked; `forward` besides passes a
 * transaction's messages on whatever is wrong with them.
 */
export const STRICTNESSES = ["strict", "lenient", "forward"] as const;
export type Strictness = (typeof STRICTNESSES)[number];
