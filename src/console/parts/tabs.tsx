/**
 * Parts of one page, each with an address of its own. Must not know what they show.
 */
import { useEffect, useRef } from "preact/hooks";

export interface Tab {
  key: string;
  title: string;
  to: string;
  count?: number;
}

export function Tabs({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }) {
  const place = useRef<HTMLElement>(null);
  // On a phone the current one may be beyond the edge.
  useEffect(() => {
    const [bar, link] = [place.current, place.current?.querySelector<HTMLElement>("[aria-current]")];
    if (bar == null || link == null) return;
    bar.scrollLeft = link.offsetLeft - bar.offsetLeft - (bar.clientWidth - link.clientWidth) / 2;
  }, [current]);
  return (
    <nav ref={place} class="tabs" aria-label={label}>
      {tabs.map(({ key, title, to, count }) => (
        <a key={key} href={to} aria-current={key === current ? "page" : undefined}>
          {title}
          {count !== undefined && <span class="badge plain number">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
