/**
 * The console's few signs, drawn as lines of one weight. Must not know where they stand.
 */
const PATHS = {
  overview: "M2.5 13.5h11M4 11V7M8 11V3M12 11V5.5",
  stations:
    "M4 13.5v-10a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v10M2.5 13.5h9M6 5.5h2M10 7h1.5a1 1 0 0 1 1 1v2.5a1 1 0 0 0 2 0V6l-2-2",
  newcomers: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M12.5 5v4M10.5 7h4",
  campaigns: "M2.5 6.5v3h2l5 3v-9l-5 3zM12 6a3 3 0 0 1 0 4",
  webhooks: "M2.5 8h8M7.5 4.5 11 8l-3.5 3.5M13.5 3v10",
  problems: "M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.2",
  audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5",
  settings: "M2 4.5h6M11 4.5h3M2 11.5h3M8 11.5h6M9.5 3v3M6.5 10v3",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9M10.3 10.3 14 14",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  check: "M3 8.5 6.5 12 13 4.5",
  sun: "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13.5 9.5A5.5 5.5 0 0 1 6.5 2.5a5.5 5.5 0 1 0 7 7",
  system: "M2 3h12v8H2zM6 13.5h4",
  out: "M6.5 2.5h-4v11h4M6.5 8h7M11 5.5 13.5 8 11 10.5",
  more: "M3 4.5h10M3 8h10M3 11.5h10",
  up: "M8 12.5v-9M4.5 7 8 3.5 11.5 7",
  down: "M8 3.5v9M4.5 9 8 12.5 11.5 9",
  right: "M6 3.5 10.5 8 6 12.5",
  left: "M10 3.5 5.5 8 10 12.5",
  plus: "M8 3v10M3 8h10",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3l7.5 5L5 13z",
  again: "M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3",
  book: "M3 3h4a1 1 0 0 1 1 1v9.5a1 1 0 0 0-1-1H3zM13 3H9a1 1 0 0 0-1 1v9.5a1 1 0 0 1 1-1h4z",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  offline:
    "M2 2l12 12M4.5 8a5 5 0 0 1 2-1.5M9.5 6.5a5 5 0 0 1 2 1.5M2 5.5a8 8 0 0 1 2.5-1.5M8 4a8 8 0 0 1 6 1.5M8 12.5v.1M6.3 10.2a2.5 2.5 0 0 1 3 0",
} as const;
export type IconName = keyof typeof PATHS;

export const Icon = ({ name, size = 16 }: { name: IconName; size?: number }) => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 16 16"
    fill="none"
    stroke="currentColor"
    stroke-width="1.4"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={PATHS[name]} />
  </svg>
);

export const Mark = () => (
  <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
    <rect width="20" height="20" rx="5" fill="currentColor" />
    <path
      d="M6.5 4.5v11M6.5 10l6.5-5.5M6.5 10l7 5.5"
      stroke="var(--on-accent)"
      stroke-width="2"
      fill="none"
      stroke-linecap="round"
    />
  </svg>
);
