/**
 * /v1/settings: what a deployment runs with. Must not show a secret, a hash of one, or an address that may hold one.
 */
import { type Config, configOf, SETTINGS } from "../config.ts";
import type { Env } from "../env.ts";
import type { Handlers } from "./call.ts";
import { VERSION } from "./version.ts";

export type SettingValue = string | number | boolean | readonly string[] | null;

export interface SettingView {
  name: string;
  /** `null`: it is not told, or there is none. */
  value: SettingValue;
  /** Otherwise the value is what holds without it. */
  isSet: boolean;
  /** It is told whether it is set, and no more. */
  isSecret: boolean;
}

/** How a setting is shown: one that is not named here does not compile. A secret is never, of an address where it is and no more. */
const SHOWN: Record<keyof Config, "value" | "secret" | "place" | "roles"> = {
  API_KEYS: "secret",
  MTLS_HOSTS: "value",
  CLIENT_CA_SKIS: "value",
  CRL_MODE: "value",
  STATION_CAS: "value",
  MTLS_TRUST: "value",
  CRL_URLS: "place",
  CERTIFICATE_ISSUER: "value",
  ISSUER_URL: "place",
  ISSUER_SECRET: "secret",
  CERTIFICATE_DAYS: "value",
  RENEW_BEFORE_DAYS: "value",
  OCSP_RELAY: "value",
  ALLOW_PROFILE_0: "value",
  PROTOCOLS: "value",
  SUBPROTOCOL_MISMATCH: "value",
  VALIDATION: "value",
  CSMS_URL: "place",
  CSMS_TIMEOUT_MS: "value",
  CSMS_SECRET: "secret",
  STANDALONE_AUTHORIZATION: "value",
  HEARTBEAT_INTERVAL_SECONDS: "value",
  BOOT_RETRY_SECONDS: "value",
  WEBHOOK_RETRY_BASE_MS: "value",
  WEBHOOK_BACKLOG_MAX: "value",
  WEBHOOK_BACKLOG_MAX_BYTES: "value",
  WEBHOOK_BATCH_MAX_BYTES: "value",
  PRESENCE_CHECK_SECONDS: "value",
  METRICS_SECONDS: "value",
  METRICS_LABEL: "value",
  ACCESS_TEAM_DOMAIN: "value",
  ACCESS_AUD: "value",
  ACCESS_ROLES: "roles",
  AUDIT_DAYS: "value",
  JURISDICTION: "value",
  SERVER_ROOT_PEM: "value",
  LOCAL: "value",
};
/** Bindings that need not be there, and change what is done where they are. */
const BINDINGS = ["CSMS", "EVENTS", "METRICS", "ASSETS"] as const;

export const settingsHandlers: Handlers<"getSettings"> = {
  getSettings({ c }) {
    const config = configOf(c.env);
    return c.json({
      version: VERSION,
      settings: SETTINGS.map((name) => settingView(name, config, c.env)),
      bindings: Object.fromEntries(BINDINGS.map((name) => [name, c.env[name] !== undefined])),
      keys: config.API_KEYS.map(({ name, scopes, stations = null }) => ({ name, scopes, stations })),
    });
  },
};

function settingView(name: keyof Config, config: Config, env: Env): SettingView {
  const given = (env as unknown as Record<string, unknown>)[name];
  const isSet = typeof given === "string" && given !== "";
  const shown = SHOWN[name];
  return { name, value: shownAs(shown, config[name]), isSet, isSecret: shown === "secret" };
}

function shownAs(shown: (typeof SHOWN)[keyof Config], value: unknown): SettingValue {
  if (shown === "secret" || value === undefined) return null;
  if (shown === "value") return value as SettingValue;
  if (shown === "roles") return (value as readonly object[]).map((role) => JSON.stringify(role));
  return Array.isArray(value) ? value.map(placeOf) : placeOf(String(value));
}

/** Its path and what follows may be what lets in. */
const placeOf = (url: string): string => new URL(url).origin;
