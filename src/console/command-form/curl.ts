/**
 * A command as what a shell would ask the API with. Must not know a key: it is named, never written.
 */
import { type Json, writeJson } from "../json/json-tree.ts";

export interface Wanted {
  action: string;
  payload: Json;
  expiresInSeconds?: number;
  timeoutSeconds?: number;
}

/** [POSIX sh §2.2.2] Nothing is special in single quotes but their end. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function curlOf(origin: string, stationId: string, { action, payload, ...times }: Wanted): string {
  const { expiresInSeconds = 0, timeoutSeconds } = times;
  const body: Json = {
    kind: "object",
    members: [
      ["action", { kind: "string", text: action }],
      ["payload", payload],
      ...(timeoutSeconds === undefined ? [] : [["timeoutSeconds", number(timeoutSeconds)] as const]),
      ...(expiresInSeconds === 0 ? [] : [["expiresInSeconds", number(expiresInSeconds)] as const]),
    ],
  };
  return [
    `curl -X POST ${quoted(`${origin}/v1/stations/${encodeURIComponent(stationId)}/commands`)}`,
    `  -H "Authorization: Bearer $KERBSIDE_KEY"`,
    "  -H 'Content-Type: application/json'",
    `  -d ${quoted(writeJson(body, 0))}`,
  ].join(" \\\n");
}

const number = (value: number): Json => ({ kind: "number", text: String(value) });
