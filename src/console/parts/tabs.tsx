/**
 * Parts of one page, each with an address of its own. Must not know what they show.
 */
export interface Tab {
  key: string;
  title: string;
  to: string;
  count?: number;
}

export const Tabs = ({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }) => (
  <nav class="tabs" aria-label={label}>
    {tabs.map(({ key, title, to, count }) => (
      <a key={key} href={to} aria-current={key === current ? "page" : undefined}>
        {title}
        {count !== undefined && <span class="badge plain number">{count}</span>}
      </a>
    ))}
  </nav>
);
