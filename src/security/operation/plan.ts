/**
 * The steps of an operation in the version that the station speaks. Must not know how one is asked of it.
 */
import type { Protocol } from "../../ocpp/protocol.ts";
import type { Operation, Step, StepName } from "./operation.ts";

const NO_ROOT = "no root certificate was named: the station is taken to trust the server's";
const HAS_CERTIFICATE = "the station has one";

/** In their order; what is not needed is there, and skipped. */
export function plan(operation: Operation, protocol: Protocol): Step[] {
  const { kind, to, rootCertificate, hasCertificate, reset, password } = operation;
  if (kind === "password-rotation") {
    return [pending("set-password"), ...(reset === "none" ? [] : [pending("reset")]), pending("use-password")];
  }
  const certificate: Step[] =
    to !== 3
      ? []
      : hasCertificate === true
        ? [skipped("sign-certificate", HAS_CERTIFICATE)]
        : [pending("sign-certificate"), pending("receive-certificate")];
  return [
    ...(password === undefined ? [] : [pending("set-password")]),
    ...(to === 1 ? [] : [rootCertificate === undefined ? skipped("install-root", NO_ROOT) : pending("install-root")]),
    ...certificate,
    ...PROFILE_STEPS[protocol].map(pending),
    pending("reset"),
    pending("connect"),
  ];
}

/** [1.6 security whitepaper §2.3; OCPP 2.x A05, B09, B10] */
const PROFILE_STEPS: Record<Protocol, readonly StepName[]> = {
  "ocpp1.6": ["set-profile"],
  "ocpp2.0.1": ["read-priority", "set-network-profile", "set-priority"],
  "ocpp2.1": ["read-priority", "set-network-profile", "set-priority"],
};

const pending = (name: StepName): Step => ({ name, state: "pending" });
const skipped = (name: StepName, detail: string): Step => ({ name, state: "skipped", detail });
