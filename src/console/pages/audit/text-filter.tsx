/**
 * A filter that is typed, and one that is a time: each stands in the address once it is done. Must not know what is filtered.
 */
import { route, setQuery } from "../../data/route.ts";
import { useTyped } from "../../parts/filter-bar.tsx";

/** ms after the last letter */
const TYPED_MS = 400;

export function TextFilter({ name, label }: { name: string; label: string }) {
  const typed = useTyped(route.value.query[name] ?? "", TYPED_MS, (text) => setQuery({ [name]: text.trim() }));
  return <input {...typed} class="input" aria-label={label} placeholder={label} />;
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
