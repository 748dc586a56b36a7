/**
 * The messages of each version. Must not know what is in them.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import type { StationMessages } from "./station-messages.ts";
import { messages16 } from "./station-messages-16.ts";
import { messages2x } from "./station-messages-2x.ts";

export const messagesOf = (protocol: Protocol): StationMessages => (protocol === "ocpp1.6" ? messages16 : messages2x);
