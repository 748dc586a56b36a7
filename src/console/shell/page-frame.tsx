/**
 * The page that the address names, brought when it is asked for, with its title and its actions on top. Must not know what is on it.
 */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { route } from "../data/route.ts";
import { identity, may, seesAll } from "../data/session.ts";
import { ownTitle, Page, type PageProps } from "../parts/page.tsx";
import { Loading, State, WholeFleetOnly } from "../parts/states.tsx";
import { PAGES, type PageEntry, pageOf } from "./pages.ts";

export const shownTitle = (): string => ownTitle.value ?? pageOf(route.value)?.title ?? "Not found";

/** Whether who is signed in may see it. */
export const mayOpen = (entry: PageEntry): boolean => hasScope(entry) && reaches(entry);
const hasScope = ({ scopes }: PageEntry): boolean => scopes.length === 0 || scopes.some(may);
const reaches = ({ isWhole = false }: PageEntry): boolean => !isWhole || seesAll();

export function PageFrame() {
  const { value: where } = route;
  const entry = pageOf(where);
  const title = shownTitle();
  useEffect(() => {
    document.title = `${title} · Kerbside`;
  }, [title]);
  // Another page, or another station: all that the last one had under way ends with it.
  const place = entry === null ? "" : `${entry.key}/${entry.key === "station" ? where.path[1] : ""}`;
  if (entry === null)
    return (
      <Page>
        <State icon="search" title="There is no such page">
          <a href="#/">Overview</a>
        </State>
      </Page>
    );
  if (!reaches(entry))
    return (
      <Page>
        <WholeFleetOnly />
      </Page>
    );
  if (!hasScope(entry))
    return (
      <Page>
        <State icon="lock" title="Your key may not see this">
          <p>
            {identity.value?.name} lacks the scope <code>{entry.scopes.join(" or ")}</code>.
          </p>
        </State>
      </Page>
    );
  return <Loaded key={place} entry={entry} />;
}

const loaded = new Map<string, ComponentType<PageProps>>();

/** ms after somebody signed in: what they came for has been loaded by then. */
const AHEAD_AFTER_MS = 3_000;

/** Brings the other pages, too: who is paged goes from one to another while the edge fails. One after the other, and none twice. */
export function useLoadAhead(): void {
  useEffect(() => {
    let isLeft = false;
    const timer = setTimeout(async () => {
      for (const entry of PAGES.filter(mayOpen)) {
        if (isLeft || loaded.has(entry.key)) continue;
        const page = await entry.load().catch(() => null);
        if (page !== null) loaded.set(entry.key, page);
      }
    }, AHEAD_AFTER_MS);
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, []);
}

function Loaded({ entry }: { entry: PageEntry }) {
  const [failed, setFailed] = useState(false);
  const [, setReady] = useState(false);
  useEffect(() => {
    if (loaded.has(entry.key)) return;
    let isLeft = false;
    entry.load().then(
      (page) => {
        loaded.set(entry.key, page);
        if (!isLeft) setReady(true);
      },
      () => !isLeft && setFailed(true),
    );
    return () => {
      isLeft = true;
    };
  }, [entry]);
  const Page_ = loaded.get(entry.key);
  if (Page_ !== undefined) return <Page_ route={route.value} />;
  return (
    <Page>
      {failed ? (
        <State icon="offline" title="This page could not be loaded">
          <p>The edge does not answer, or has a newer console.</p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Load it again
          </button>
        </State>
      ) : (
        <Loading />
      )}
    </Page>
  );
}
