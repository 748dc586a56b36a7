/**
 * The header Idempotency-Key of a request. Must not know what is not to be done twice.
 */
import type { ApiContext } from "./auth.ts";
import { problems } from "./problem.ts";

/** Characters: four times what a hash or a UUID needs. */
const IDEMPOTENCY_KEY_MAX_LENGTH = 255;

/** `null`: there is none. */
export function idempotencyKeyOf(c: ApiContext): string | null {
  const key = c.req.header("Idempotency-Key");
  if (key === undefined) return null;
  if (key.length >= 1 && key.length <= IDEMPOTENCY_KEY_MAX_LENGTH) return key;
  const errors = [{ path: "Idempotency-Key", message: `1 to ${IDEMPOTENCY_KEY_MAX_LENGTH} characters` }];
  throw problems.invalid("The request is not valid.", { errors });
}
