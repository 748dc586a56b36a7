/**
 * Who is in the demo's fleet: eighteen stations that do as they should and seven that do not, each with its place and make. Must not
 * know how any of them behaves.
 */
import type { CastMember } from "../fleet/simulation-options.ts";
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Profile } from "../station/profile.ts";

const MAKES = {
  post: { vendor: "Nordladen", model: "Post 22" },
  twin: { vendor: "Voltera", model: "Twin AC" },
  hub: { vendor: "Ampere Works", model: "Hub 300" },
} as const;
type Make = keyof typeof MAKES;

const member = (
  stationId: string,
  profile: Profile,
  protocol: Protocol,
  make: Make,
  more: Record<string, string> = {},
): CastMember => ({
  ...{ stationId, profile, protocol, identification: MAKES[make] },
  labels: {
    site: stationId.split("-")[0]?.toLowerCase() ?? "",
    current: make === "hub" ? "dc" : "ac",
    ...more,
  },
});

/** Every profile with every version at least once. */
export const CAST: readonly CastMember[] = [
  member("HARBOUR-01", "mtls", "ocpp2.1", "hub"),
  member("HARBOUR-02", "mtls", "ocpp2.0.1", "hub"),
  member("HARBOUR-03", "tls", "ocpp2.0.1", "twin"),
  member("HARBOUR-04", "tls", "ocpp1.6", "post"),
  member("HARBOUR-05", "basic", "ocpp1.6", "post"),
  member("AIRPORT-01", "mtls", "ocpp2.1", "hub"),
  member("AIRPORT-02", "mtls", "ocpp1.6", "twin"),
  member("AIRPORT-03", "tls", "ocpp2.1", "twin"),
  member("AIRPORT-04", "tls", "ocpp2.0.1", "twin"),
  member("AIRPORT-05", "basic", "ocpp2.0.1", "post"),
  member("DEPOT-01", "mtls", "ocpp2.0.1", "hub"),
  member("DEPOT-02", "tls", "ocpp1.6", "post"),
  member("DEPOT-03", "basic", "ocpp2.1", "twin"),
  member("DEPOT-04", "none", "ocpp1.6", "post"),
  member("CITY-01", "mtls", "ocpp2.1", "hub"),
  member("CITY-02", "tls", "ocpp1.6", "post"),
  member("CITY-03", "none", "ocpp2.0.1", "twin"),
  member("CITY-04", "none", "ocpp2.1", "twin"),
];

/** The label `demo` says on the console what to look at. */
export const ODD = {
  silent: member("HARBOUR-06", "tls", "ocpp1.6", "post", { demo: "goes silent" }),
  expired: member("AIRPORT-06", "mtls", "ocpp2.0.1", "hub", { demo: "expired certificate" }),
  wrongPassword: member("DEPOT-05", "tls", "ocpp1.6", "twin", { demo: "wrong password" }),
  malformed: member("CITY-05", "basic", "ocpp1.6", "post", { demo: "malformed frames" }),
  loop: member("DEPOT-06", "basic", "ocpp2.0.1", "twin", { demo: "reconnect loop" }),
  away: member("CITY-06", "tls", "ocpp1.6", "post", { demo: "off, with commands queued" }),
  /** Nobody registers it. */
  newcomer: member("CITY-07", "tls", "ocpp2.0.1", "twin"),
} as const;
