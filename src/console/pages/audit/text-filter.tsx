/**
 * A filter that is typed, and one that is a time: each stands in the address once it is done. Must not know what is filtered.
 */
import { useEffect, useRef } from "preact/hooks";
import { route, setQuery } from "../../data/route.ts";

/** ms after the last letter */
const TYPED_MS = 400;

export function TextFilter({ name, label }: { name: string; label: string }) {
  const value = route.value.query[name] ?? "";
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  return (
    <input
      ref={field}
      class="input"
      aria-label={label}
      placeholder={label}
      defaultValue={value}
      spellcheck={false}
      autocomplete="off"
      onInput={({ currentTarget }) => {
        clearTimeout(timer.current);
        timer.current = setTimeout(() => setQuery({ [name]: currentTarget.value.trim() }), TYPED_MS);
      }}
    />
  );
}

export const TimeFilter = ({ name, label }: { name: string; label: string }) => (
  <label class="time-filter">
    <span class="muted small">{label}</span>
    <input
      class="input"
      type="datetime-local"
      value={route.value.query[name] ?? ""}
      onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
    />
  </label>
);
