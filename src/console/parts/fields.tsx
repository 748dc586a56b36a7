/**
 * Fields of forms: each with its name, a hint, and what is wrong with it beside it. Must not know what is asked for.
 */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface About {
  label: string;
  hint?: ComponentChildren;
  /** What is wrong with the value. */
  fault?: string | null | undefined;
  isRequired?: boolean;
  isDisabled?: boolean;
}

function Field({ id, label, hint, fault, children }: About & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint !== undefined && <div class="hint">{hint}</div>}
      {fault != null && (
        <div class="fault" id={`${id}-fault`}>
          {fault}
        </div>
      )}
    </div>
  );
}

const told = (id: string, { fault, isRequired = false, isDisabled = false }: About) => ({
  id,
  required: isRequired,
  disabled: isDisabled,
  "aria-invalid": fault != null,
  ...(fault != null && { "aria-describedby": `${id}-fault` }),
});

export interface TextFieldProps extends About {
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "number" | "datetime-local" | "url" | "search";
  isMono?: boolean;
  placeholder?: string;
  min?: number | undefined;
  max?: number | undefined;
  maxLength?: number | undefined;
  autocomplete?: string;
}

export function TextField({ value, onChange, type = "text", isMono = false, ...about }: TextFieldProps) {
  const id = useId();
  const { placeholder, min, max, maxLength, autocomplete = "off" } = about;
  return (
    <Field id={id} {...about}>
      <input
        {...told(id, about)}
        class={`input${isMono ? " mono" : ""}`}
        // Each kind alone has its own attributes to the checker; here they are told apart by what is given.
        type={type as "text"}
        value={value}
        spellcheck={false}
        autocomplete={autocomplete}
        {...(placeholder !== undefined && { placeholder })}
        {...(min !== undefined && { min })}
        {...(max !== undefined && { max })}
        {...(maxLength !== undefined && { maxLength })}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Field>
  );
}

export interface AreaFieldProps extends About {
  value: string;
  onChange: (value: string) => void;
  rows?: number;
}

export function AreaField({ value, onChange, rows = 6, ...about }: AreaFieldProps) {
  const id = useId();
  return (
    <Field id={id} {...about}>
      <textarea
        {...told(id, about)}
        class="textarea"
        rows={rows}
        value={value}
        spellcheck={false}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </Field>
  );
}

export interface SelectFieldProps extends About {
  value: string;
  onChange: (value: string) => void;
  options: readonly (readonly [value: string, label: string])[];
}

export function SelectField({ value, onChange, options, ...about }: SelectFieldProps) {
  const id = useId();
  return (
    <Field id={id} {...about}>
      <select
        {...told(id, about)}
        class="select"
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      >
        {options.map(([option, label]) => (
          <option value={option} key={option} selected={option === value}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}

export interface CheckFieldProps {
  label: ComponentChildren;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
  isDisabled?: boolean;
}

export const CheckField = ({ label, isChecked, onChange, isDisabled = false }: CheckFieldProps) => (
  <label class="check">
    <input
      type="checkbox"
      checked={isChecked}
      disabled={isDisabled}
      onChange={({ currentTarget }) => onChange(currentTarget.checked)}
    />
    <span>{label}</span>
  </label>
);
