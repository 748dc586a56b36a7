/**
 * Filters of a list: what they are set to stands in the address. Must not know what is filtered.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { route, setQuery } from "../data/route.ts";
import { Icon } from "./icon.tsx";

export interface FilterChoice {
  /** Of the parameter in the address. */
  name: string;
  label: string;
  options: readonly (readonly [value: string, label: string])[];
}

export interface FilterBarProps {
  /** What the text field looks in; absent: there is none. Its parameter is `q`. */
  search?: string;
  choices?: readonly FilterChoice[];
  /** Further parameters that "Clear" takes away. */
  others?: readonly string[];
  children?: ComponentChildren;
}

/** ms after the last letter */
const TYPED_MS = 250;

export function FilterBar({ search, choices = [], others = [], children }: FilterBarProps) {
  const { query } = route.value;
  const names = [...(search === undefined ? [] : ["q"]), ...choices.map(({ name }) => name), ...others];
  const isSet = names.some((name) => (query[name] ?? "") !== "");
  return (
    <div class="filters" role="search">
      {search !== undefined && <SearchField label={search} value={query.q ?? ""} />}
      {choices.map(({ name, label, options }) => (
        <select
          key={name}
          class={`select${(query[name] ?? "") === "" ? "" : " set"}`}
          aria-label={label}
          value={query[name] ?? ""}
          onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
        >
          <option value="">{label}</option>
          {options.map(([value, text]) => (
            <option value={value} key={value} selected={value === query[name]}>
              {text}
            </option>
          ))}
          {(query[name] ?? "") !== "" && !options.some(([value]) => value === query[name]) && (
            <option value={query[name] ?? ""} selected>
              {query[name]}
            </option>
          )}
        </select>
      ))}
      {children}
      {isSet && (
        <button
          type="button"
          class="button quiet"
          onClick={() => setQuery(Object.fromEntries(names.map((name) => [name, null])))}
        >
          Clear
        </button>
      )}
    </div>
  );
}

function SearchField({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // What stands in the address counts, unless somebody is typing.
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  return (
    <div class="search-field">
      <Icon name="search" size={14} />
      <input
        ref={field}
        class="input"
        type="search"
        aria-label={label}
        placeholder={label}
        defaultValue={value}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => {
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setQuery({ q: currentTarget.value }), TYPED_MS);
        }}
      />
    </div>
  );
}
