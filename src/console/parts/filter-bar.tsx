/**
 * Filters of a list: what they are set to stands in the address. Must not know what is filtered.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { route, setQuery } from "../data/route.ts";
import { useIsNarrow } from "./narrow.ts";
import { Icon } from "./icon.tsx";

export interface FilterChoice {
  /** Of the parameter in the address. */
  name: string;
  label: string;
  options: readonly (readonly [value: string, label: string])[];
  /** What it takes beside its options, where an address says it; absent: nothing, and such an address sets no filter. */
  takes?: (value: string) => boolean;
  /** Shown when it is set, or asked for: it is seldom wanted. */
  isRare?: boolean;
}

export interface FilterBarProps {
  /** What the text field looks in; absent: there is none. Its parameter is `q`. */
  search?: string;
  choices?: readonly FilterChoice[];
  /** Further parameters that "Clear" takes away. */
  others?: readonly string[];
  children?: ComponentChildren;
  /** Shown where one of `others` is set, or when it is asked for. */
  rare?: ComponentChildren;
}

/** ms after the last letter */
const TYPED_MS = 250;

export function FilterBar({ search, choices = [], others = [], children, rare }: FilterBarProps) {
  const { query } = route.value;
  const isNarrow = useIsNarrow();
  const [isOpen, setOpen] = useState(false);
  const isGiven = (name: string) => (query[name] ?? "") !== "";
  const isSet = (choice: FilterChoice) => chosenIn(choice, query) !== "";
  const names = [...(search === undefined ? [] : ["q"]), ...choices.map(({ name }) => name), ...others];
  const shown = choices.filter((choice) => isOpen || isSet(choice) || !(choice.isRare === true || isNarrow));
  const isRareShown = rare !== undefined && (isOpen || others.some(isGiven));
  return (
    <div class="filters" role="search">
      {search !== undefined && <SearchField label={search} value={query.q ?? ""} />}
      {shown.map((choice) => (
        <Choice key={choice.name} value={chosenIn(choice, query)} {...choice} />
      ))}
      {children}
      {isRareShown && rare}
      {(shown.length < choices.length || isOpen || (rare !== undefined && !isRareShown)) && (
        <button type="button" class="button quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          <Icon name="settings" size={14} /> {isOpen ? "Fewer" : "Filters"}
        </button>
      )}
      {names.some(isGiven) && (
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

function chosenIn({ name, options, takes }: FilterChoice, query: Readonly<Record<string, string>>): string {
  const value = query[name] ?? "";
  return options.some(([option]) => option === value) || takes?.(value) === true ? value : "";
}

function Choice({ name, label, options, value }: FilterChoice & { value: string }) {
  const known = options.some(([option]) => option === value);
  return (
    <select
      class={`select${value === "" ? "" : " set"}`}
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
    >
      <option value="">{label}</option>
      {options.map(([option, text]) => (
        <option value={option} key={option} selected={option === value}>
          {value === option ? `${label}: ${text}` : text}
        </option>
      ))}
      {value !== "" && !known && (
        <option value={value} selected>
          {label}: {value}
        </option>
      )}
    </select>
  );
}

function SearchField({ label, value }: { label: string; value: string }) {
  const typed = useTyped(value, TYPED_MS, (q) => setQuery({ q }));
  return (
    <div class="search-field">
      <Icon name="search" size={14} />
      <input {...typed} class="input" type="search" aria-label={label} placeholder={label} />
    </div>
  );
}

/**
 * A field of text that shows what stands in the address, and says what is typed once it is done.
 * @param pauseMs after the last letter
 */
export function useTyped(value: string, pauseMs: number, say: (typed: string) => void) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  // What stands in the address counts, unless somebody is typing.
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  return {
    ref: field,
    defaultValue: value,
    spellcheck: false,
    autocomplete: "off" as const,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => say(currentTarget.value), pauseMs);
    },
  };
}
