/**
 * The browser's language, where it says one that is none. Must not know who asks for it.
 */

/** A Chromium that runs under LANG=C says "en-US@posix", on which uPlot, and any Intl of the platform, throws. */
export function mendLanguage(): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
  }
}
