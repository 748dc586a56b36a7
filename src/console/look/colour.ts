/**
 * The tokens' colours as a canvas needs them, in the theme that is shown. Must not know what is drawn.
 */
import { shownTheme } from "./theme.ts";

let probe: HTMLElement | null = null;

/** @param token `--profile-3`; read anew when the theme changes, if it is called while something is drawn */
export function colour(token: string): string {
  shownTheme.value;
  if (probe === null) {
    probe = document.createElement("i");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${token})`;
  return getComputedStyle(probe).color;
}
