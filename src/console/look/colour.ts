/**
 * The tokens' colours as a canvas needs them, in the theme that is shown. Must not know what is drawn.
 */
import { shownTheme } from "./theme.ts";

let probe: HTMLElement | null = null;

/** @param token `--profile-3`; read anew when the theme changes, if it is called while something is drawn */
export const colour = (token: string): string => computed(`var(${token})`);

/** Softer, and nothing shows through it: what is filled with it is large. */
export const mixed = (token: string): string => computed(`color-mix(in srgb, var(${token}) 72%, var(--panel))`);

function computed(value: string): string {
  shownTheme.value;
  if (probe === null) {
    probe = document.createElement("i");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = value;
  return getComputedStyle(probe).color;
}
