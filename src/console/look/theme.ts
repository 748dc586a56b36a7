/**
 * Dark or light: as the system has it, or as who reads chose for this browser. Must not know what is drawn.
 */
import { computed, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "kerbside.theme";
const isDarkOutside = signal(false);
export const theme = signal<Theme>("system");
/** Read by whoever draws by itself: it changes when the colours do. */
export const shownTheme = computed(() =>
  theme.value === "system" ? (isDarkOutside.value ? "dark" : "light") : theme.value,
);

/** Called once, before anything is drawn. */
export function startTheme(): void {
  const stored = localStorage.getItem(STORED);
  const query = matchMedia("(prefers-color-scheme: dark)");
  isDarkOutside.value = query.matches;
  query.addEventListener("change", ({ matches }) => {
    isDarkOutside.value = matches;
  });
  setTheme(THEMES.find((each) => each === stored) ?? "system");
}

export function setTheme(next: Theme): void {
  if (next === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(STORED);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(STORED, next);
  }
  theme.value = next;
}
