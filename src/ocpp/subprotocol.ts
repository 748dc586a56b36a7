/**
 * The choice of one subprotocol from what a station offers. Must not know sockets, nor any station's registration.
 */
import { PROTOCOLS, type Protocol } from "./protocol.ts";

export function isProtocol(name: string): name is Protocol {
  return (PROTOCOLS as readonly string[]).includes(name);
}

/** Reads Sec-WebSocket-Protocol: the offered names in the station's order. `null`, no header, is an empty offer. */
export function parseOffer(header: string | null): string[] {
  return (header ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** [OCPP-J 2.x P4 §3.1.2] The first that is offered and allowed: the station's order is its preference. */
export function chooseProtocol(offer: readonly string[], allowed: readonly Protocol[]): Protocol | null {
  return offer.find((name): name is Protocol => isProtocol(name) && allowed.includes(name)) ?? null;
}
