/**
 * What was just done, or could not be: said once, aloud too, above whatever is open. Must not know what it was.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./icon.tsx";

interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
}

/** ms that it stays; what went wrong stays until it is taken away. */
const STAYS_MS = 5_000;
/** At once: the oldest makes room. */
const TOASTS_MAX = 4;

const toasts = signal<readonly Toast[]>([]);
let ids = 0;

export function toast(tone: Toast["tone"], text: string): void {
  const id = ++ids;
  toasts.value = [...toasts.value, { id, tone, text }].slice(-TOASTS_MAX);
  if (tone === "good") setTimeout(() => drop(id), STAYS_MS);
}

const drop = (id: number) => {
  toasts.value = toasts.value.filter((each) => each.id !== id);
};

export function Toasts() {
  const place = useRef<HTMLDivElement>(null);
  const shown = toasts.value;
  useEffect(() => {
    // Shown anew it is on top of a dialog that was opened meanwhile.
    if (place.current?.matches(":popover-open")) place.current.hidePopover();
    if (shown.length > 0) place.current?.showPopover();
  }, [shown]);
  return (
    <div ref={place} class="toasts" popover="manual" role="status" aria-live="polite">
      {shown.map(({ id, tone, text }) => (
        <div class={`toast ${tone}`} key={id}>
          <Icon name={tone === "good" ? "check" : "problems"} />
          <div>{text}</div>
          <button type="button" class="button small quiet icon" aria-label="Take this away" onClick={() => drop(id)}>
            <Icon name="close" size={14} />
          </button>
        </div>
      ))}
    </div>
  );
}
