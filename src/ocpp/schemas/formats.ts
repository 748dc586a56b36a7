// Takes the two formats that OCPP's schemas use from ajv-formats, because checks written by hand failed fuzzing.
// It must not know Ajv itself, whose compiler needs eval and would end up in the Worker.

import { fullFormats } from "ajv-formats/dist/formats.js";
import type { FORMATS } from "./table.ts";

type Format = (typeof FORMATS)[number];

export function formatCheck(name: Format): (text: string) => boolean {
  const definition: unknown = fullFormats[name];
  if (typeof definition === "function") return definition as (text: string) => boolean;
  if (definition !== null && typeof definition === "object" && "validate" in definition) {
    if (typeof definition.validate === "function") return definition.validate as (text: string) => boolean;
  }
  throw new Error(`ajv-formats no longer checks ${name} by a function`);
}
