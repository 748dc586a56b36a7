/**
 * A registration as a form has it, and as the API takes it: what a PUT leaves out is reset, so all of it is said again. Must not know how
 * the form is drawn.
 */
import type { Protocol, Registration, StationView } from "../../../client/views.ts";

export interface RegistrationForm {
  securityProfile: string;
  /** "keep": as it is; "new": `newPassword`; "generate": made, and shown once. */
  password: "keep" | "new" | "generate";
  newPassword: string;
  overlap: boolean;
  commonName: string;
  organization: string;
  /** One a line. */
  fingerprints: string;
  protocols: readonly Protocol[];
  assumeProtocol: boolean;
  /** "": as the deployment has it. */
  validation: string;
  csms: string;
  /** "": no ceiling. */
  heartbeat: string;
  /** `name=value`, one a line. */
  labels: string;
  apply: string;
}

export function formOf(view: StationView): RegistrationForm {
  const { certificate, labels, heartbeatIntervalSeconds } = view;
  return {
    securityProfile: String(view.securityProfile),
    ...{ password: "keep", newPassword: "", overlap: true },
    commonName: certificate.commonName === view.stationId ? "" : certificate.commonName,
    organization: certificate.organization ?? "",
    fingerprints: (certificate.fingerprints ?? []).join("\n"),
    protocols: view.protocols,
    assumeProtocol: view.assumeProtocol,
    validation: view.validation ?? "",
    csms: view.csms.registered ?? "",
    heartbeat: heartbeatIntervalSeconds === undefined ? "" : String(heartbeatIntervalSeconds),
    labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
    apply: "",
  };
}

export type Made = { ok: true; registration: Registration } | { ok: false; faults: ReadonlyMap<string, string> };

/** @param view what the form began with: of it is kept what no field shows */
export function registrationOf(form: RegistrationForm, view: StationView): Made {
  const faults = new Map<string, string>();
  const labels: [string, string][] = [];
  for (const line of linesOf(form.labels)) {
    const at = line.indexOf("=");
    if (at < 1) faults.set("labels", `${line}: a label is name=value`);
    else labels.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
  }
  const heartbeat = form.heartbeat.trim();
  if (heartbeat !== "" && !/^\d+$/.test(heartbeat)) faults.set("heartbeatIntervalSeconds", "a whole number of seconds");
  if (form.password === "new" && form.newPassword === "") faults.set("password", "is empty");
  if (faults.size > 0) return { ok: false, faults };
  const fingerprints = linesOf(form.fingerprints);
  const certificate = {
    ...(form.commonName.trim() !== "" && { commonName: form.commonName.trim() }),
    ...(form.organization.trim() !== "" && { organization: form.organization.trim() }),
    ...(fingerprints.length > 0 && { fingerprints }),
  };
  const registration: Registration = {
    securityProfile: Number(form.securityProfile) as Registration["securityProfile"],
    ...(form.password === "generate" && { password: "generate" }),
    ...(form.password === "new" && { password: form.newPassword }),
    ...(form.password !== "keep" && { passwordOverlap: form.overlap }),
    ...(Object.keys(certificate).length > 0 && { certificate }),
    ...(form.protocols.length > 0 && { protocols: [...form.protocols] }),
    ...(form.assumeProtocol && { assumeProtocol: true }),
    ...(form.validation !== "" && { validation: form.validation as NonNullable<Registration["validation"]> }),
    ...(heartbeat !== "" && { heartbeatIntervalSeconds: Number(heartbeat) }),
    ...(form.csms !== "" && { csms: form.csms as NonNullable<Registration["csms"]> }),
    ...(form.apply !== "" && { apply: form.apply as NonNullable<Registration["apply"]> }),
    ...(view.locationHint !== undefined && {
      locationHint: view.locationHint as NonNullable<Registration["locationHint"]>,
    }),
    labels: Object.fromEntries(labels),
  };
  return { ok: true, registration };
}

/** Whether saving it may keep the station out, or ends its connection. */
export const isDangerous = (form: RegistrationForm, view: StationView): boolean =>
  Number(form.securityProfile) !== view.securityProfile || form.password !== "keep" || form.apply === "now";

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
