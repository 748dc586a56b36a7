/**
 * What stands around a field: its name, its limits, what it is about and what is wrong with it. Must not know its value.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Json, Path } from "../json/json-tree.ts";
import { type Field, type FormSchema, limitsOf } from "./field.ts";

export interface FieldProps {
  field: Field;
  root: FormSchema;
  path: Path;
  /** `undefined`: it is not there, and not sent. */
  json: Json | undefined;
  /** By the pointer of what they are about. */
  faults: ReadonlyMap<string, string>;
  /** `undefined` takes it away. */
  onPut: (path: Path, json: Json | undefined) => void;
}

/** The mark of a required one is a style's: a field says by itself that it is. */
export const Name = ({ field }: { field: Field }) => (
  <span class={`mono form-name${field.required ? " required" : ""}`}>{field.name}</span>
);

export const About = ({ field }: { field: Field }) => {
  const limits = limitsOf(field);
  if (field.about === "" && limits === "") return null;
  return (
    <div class="form-about small muted clip" title={field.about}>
      {[limits, field.about].filter((each) => each !== "").join(" · ")}
    </div>
  );
};

export const Fault = ({ id, text }: { id?: string; text: string | undefined }) =>
  text === undefined ? null : (
    <div class="fault small bad" id={id}>
      {text}
    </div>
  );

interface Told {
  id: string;
  required: boolean;
  "aria-invalid": boolean;
  "aria-describedby": string;
}

/** A simple one: its name, its limits and what is wrong with it. */
export function Simple({
  field,
  fault,
  beside,
  children,
}: {
  field: Field;
  fault: string | undefined;
  beside?: ComponentChildren;
  children: (told: Told) => ComponentChildren;
}) {
  const id = useId();
  const limits = limitsOf(field);
  return (
    <div class="field form-field">
      <label for={id}>
        <Name field={field} />
      </label>
      {children({
        ...{ id, required: field.required, "aria-invalid": fault !== undefined },
        "aria-describedby": `${id}-about ${id}-fault`,
      })}
      <div class="hint clip" id={`${id}-about`} title={field.about}>
        {beside}
        {[limits, field.about].filter((each) => each !== "").join(" · ")}
      </div>
      <Fault id={`${id}-fault`} text={fault} />
    </div>
  );
}
