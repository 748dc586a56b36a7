/**
 * What is around every page: the navigation, the title, whether the edge answers, who is signed in. Must not know what is on a page.
 */
import { useEffect, useState } from "preact/hooks";
import { route } from "../data/route.ts";
import { identity, resume, session, signOut } from "../data/session.ts";
import { setTheme, THEMES, theme } from "../look/theme.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon, Mark } from "../parts/icon.tsx";
import { State } from "../parts/states.tsx";
import { clockTime } from "../parts/time.tsx";
import { Toasts } from "../parts/toast.tsx";
import { EdgeState } from "./edge-state.tsx";
import { mayOpen, PageFrame, shownTitle, useLoadAhead } from "./page-frame.tsx";
import { PAGES, type PageEntry, pageOf } from "./pages.ts";
import { openPalette, Palette, usePaletteKeys } from "./palette.tsx";
import { SignIn } from "./sign-in.tsx";

export function Shell() {
  const { value } = session;
  switch (value.kind) {
    case "checking":
      return <div class="sign-in" aria-busy="true" />;
    case "out":
      return <SignIn reason={value.reason} />;
    case "unreachable":
      return <Unreachable since={value.since} />;
    case "in":
      return <Inside />;
  }
}

/** ms until it is tried again, by a page that somebody looks at. */
const AGAIN_MS = 5_000;

function Unreachable({ since }: { since: number }) {
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && void resume(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="sign-in">
      <State icon="offline" title="The edge does not answer">
        <p>Since {clockTime(since)}. It is asked again every five seconds.</p>
        <button type="button" class="button" onClick={() => void resume()}>
          Try now
        </button>
      </State>
    </main>
  );
}

function Inside() {
  usePaletteKeys();
  useLoadAhead();
  const current = pageOf(route.value);
  return (
    <div class="shell">
      <button type="button" class="button main skip" onClick={toPage}>
        To the page
      </button>
      <Side current={current} />
      <div class="column">
        <header class="top">
          <h1 class="clip">{shownTitle()}</h1>
          <div class="grow" />
          <EdgeState />
          <button type="button" class="search" onClick={openPalette} aria-label="Search: / or Ctrl K">
            <Icon name="search" size={14} />
            <span>Search</span>
            <kbd>/</kbd>
          </button>
          <ThemeSwitch />
        </header>
        <PageFrame />
      </div>
      <Bar current={current} />
      <Palette />
      <Toasts />
    </div>
  );
}

function toPage(): void {
  document.getElementById("page")?.focus();
}

const isCurrent = (entry: PageEntry, current: PageEntry | null): boolean =>
  entry === current || (entry.key === "stations" && current?.key === "station");

const listed = (): PageEntry[] => PAGES.filter((entry) => entry.isListed && mayOpen(entry));

function Item({ entry, current }: { entry: PageEntry; current: PageEntry | null }) {
  return (
    <a class="item" href={`#/${entry.key}`} aria-current={isCurrent(entry, current) ? "page" : undefined}>
      <Icon name={entry.icon} />
      {entry.title}
    </a>
  );
}

function Side({ current }: { current: PageEntry | null }) {
  return (
    <nav class="side" aria-label="Pages">
      <a class="brand" href="#/">
        <Mark />
        Kerbside
      </a>
      {listed().map((entry) => (
        <Item key={entry.key} entry={entry} current={current} />
      ))}
      <div class="apart" />
      <a class="item" href="/docs">
        <Icon name="book" />
        API
      </a>
      <div class="foot">
        <Who />
      </div>
    </nav>
  );
}

function Who() {
  const who = identity.value;
  const isByKey = session.value.kind === "in" && session.value.by === "key";
  return (
    <div class="line spread">
      <div class="clip small" title={who?.scopes.join(", ")}>
        <div class="muted">{isByKey ? "Signed in as" : "By Cloudflare Access"}</div>
        <div class="clip">{who?.name}</div>
      </div>
      {isByKey && (
        <button
          type="button"
          class="button small quiet icon"
          aria-label="Sign out"
          title="Sign out"
          onClick={() => signOut()}
        >
          <Icon name="out" size={14} />
        </button>
      )}
    </div>
  );
}

const THEME_ICONS = { system: "system", light: "sun", dark: "moon" } as const;

function ThemeSwitch() {
  const { value } = theme;
  const next = THEMES[(THEMES.indexOf(value) + 1) % THEMES.length] ?? "system";
  return (
    <button
      type="button"
      class="button quiet icon"
      aria-label={`Theme: ${value}. Change to ${next}`}
      title={`Theme: ${value}`}
      onClick={() => setTheme(next)}
    >
      <Icon name={THEME_ICONS[value]} />
    </button>
  );
}

/** Pages of the bar on a phone; the others are behind "More". */
const IN_BAR = 4;

function Bar({ current }: { current: PageEntry | null }) {
  const [isOpen, setOpen] = useState(false);
  const pages = listed();
  const rest = pages.slice(IN_BAR);
  return (
    <>
      <nav class="bar" aria-label="Pages, on a phone">
        {pages.slice(0, IN_BAR).map((entry) => (
          <Item key={entry.key} entry={entry} current={current} />
        ))}
        <button
          type="button"
          aria-haspopup="dialog"
          aria-current={current !== null && rest.includes(current) ? "page" : undefined}
          onClick={() => setOpen(true)}
        >
          <Icon name="more" />
          More
        </button>
      </nav>
      {isOpen && (
        <Dialog title="More" onClose={() => setOpen(false)}>
          {/* biome-ignore lint/a11y/noStaticElementInteractions: each link in it is reached by keyboard */}
          <div class="more" onClick={() => setOpen(false)}>
            {rest.map((entry) => (
              <Item key={entry.key} entry={entry} current={current} />
            ))}
            <a href="/docs">
              <Icon name="book" />
              API
            </a>
          </div>
          <Who />
        </Dialog>
      )}
    </>
  );
}
