// Gives every action's request and response a static type, from the same schemas as the checks, so that they cannot drift.
// It must not hold a value: it vanishes from the bundle.

import type { Protocol } from "../protocol.ts";
import type { Requests as Requests16, Responses as Responses16 } from "./generated/ocpp-1-6.types.ts";
import type { Requests as Requests201, Responses as Responses201 } from "./generated/ocpp-2-0-1.types.ts";
import type { Requests as Requests21, Responses as Responses21 } from "./generated/ocpp-2-1.types.ts";

interface RequestsOf {
  "ocpp1.6": Requests16;
  "ocpp2.0.1": Requests201;
  "ocpp2.1": Requests21;
}

interface ResponsesOf {
  "ocpp1.6": Responses16;
  "ocpp2.0.1": Responses201;
  "ocpp2.1": Responses21;
}

export type ActionOf<P extends Protocol> = keyof RequestsOf[P] & string;

export type OcppRequest<P extends Protocol, A extends ActionOf<P>> = RequestsOf[P][A];

/** `never` for NotifyPeriodicEventStream, which is not answered. */
export type OcppResponse<P extends Protocol, A extends ActionOf<P>> = A extends keyof ResponsesOf[P]
  ? ResponsesOf[P][A]
  : never;
