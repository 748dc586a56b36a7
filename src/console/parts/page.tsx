/**
 * What every page is in, and how it says its own title. Must not know which page it is.
 */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Route } from "../data/route.ts";

/** What a page is given. */
export interface PageProps {
  route: Route;
}

/** Said by the page itself where it knows better: a station's name. */
export const ownTitle = signal<string | null>(null);

/** Of the page that uses it, for as long as it is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    ownTitle.value = title;
    return () => {
      ownTitle.value = null;
    };
  }, [title]);
}

export interface PageBodyProps {
  /** Its table takes the height that is left and scrolls by itself. */
  isFull?: boolean;
  children: ComponentChildren;
}

/** Who comes by keyboard begins here. */
export function Page({ isFull = false, children }: PageBodyProps) {
  const place = useRef<HTMLElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main ref={place} id="page" tabIndex={-1} class={`page${isFull ? " full" : ""}`}>
      {children}
    </main>
  );
}
