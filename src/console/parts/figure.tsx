/**
 * A number that leads to the list behind it. Must not know what it counts.
 */
import type { ComponentChildren } from "preact";

const FORMAT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
export const count = (value: number): string => FORMAT.format(value);

export interface FigureProps {
  /** `null`: it is not known. */
  value: number | null;
  /** Of the list; absent: there is none that this key may see. */
  to?: string | undefined;
  /** What is counted, for who hears it. */
  label: string;
  tone?: "good" | "warn" | "bad";
  children?: ComponentChildren;
}

/** "1,204", as a link. */
export function Figure({ value, to, label, tone, children }: FigureProps) {
  const text = value === null ? "–" : count(value);
  const classes = `number${tone === undefined ? "" : ` ${tone}`}`;
  if (to === undefined)
    return (
      <span class={classes}>
        {text}
        {children}
      </span>
    );
  return (
    <a class={classes} href={to} aria-label={`${text} ${label}`}>
      {text}
      {children}
    </a>
  );
}
