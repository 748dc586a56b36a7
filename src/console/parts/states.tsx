/**
 * What a page shows where there is nothing to show, or not yet, or no more. Must not know what was asked for.
 */
import type { ComponentChildren } from "preact";
import { now } from "../data/clock.ts";
import type { Failure } from "../data/failure.ts";
import type { Resource } from "../data/resource.ts";
import { Icon, type IconName } from "./icon.tsx";
import { clockTime, duration } from "./time.tsx";

export const Loading = ({ lines = 6 }: { lines?: number }) => (
  <div class="bones" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, line) => (
      <div class="bone" key={line} />
    ))}
  </div>
);

export interface StateProps {
  icon?: IconName;
  title: string;
  children?: ComponentChildren;
}
export const State = ({ icon, title, children }: StateProps) => (
  <div class="state">
    {icon !== undefined && <Icon name={icon} size={22} />}
    <h2>{title}</h2>
    {children}
  </div>
);

/** What the API refuses to a key that is bound to a part of the fleet, whatever its scopes are. */
export const WholeFleetOnly = () => (
  <State icon="lock" title="Your key is for a part of the fleet">
    <p>This concerns all of it, and takes a key that is bound to no part.</p>
  </State>
);

export function Refused({ failure }: { failure: Extract<Failure, { kind: "refused" }> }) {
  if (failure.scope !== null || failure.status === 403)
    return (
      <State icon="lock" title="Your key may not see this">
        <p>
          {failure.scope === null ? failure.detail : "It lacks the scope "}
          {failure.scope !== null && <code>{failure.scope}</code>}
          {failure.scope !== null && ". Whoever made the key can add it."}
        </p>
      </State>
    );
  return (
    <State icon="problems" title={failure.title || "Refused"}>
      <p>{failure.detail}</p>
      {failure.slug !== "" && (
        <p>
          <a href={`/problems/${failure.slug}`}>What this means</a>
        </p>
      )}
    </State>
  );
}

/** In front of what is greyed: since when, and what happens next. */
export function StaleNotice({ resource }: { resource: Resource<unknown> }) {
  const { failure, failingSince, nextTryAt, reload } = resource;
  if (failure === null || failingSince === null) return null;
  return (
    <div class="notice warn" role="status">
      <Icon name="offline" />
      <div>
        <b>Not updated since {clockTime(resource.at ?? failingSince)}.</b>{" "}
        {failure.kind === "failing" ? failure.detail : ""} <NextTry at={nextTryAt} />
      </div>
      <button type="button" class="button small" onClick={reload}>
        Try now
      </button>
    </div>
  );
}

const NextTry = ({ at }: { at: number | null }) => (
  <span class="muted">
    {at === null ? "It is not tried again by itself." : `Next try in ${duration(Math.max(at - now.value, 0))}.`}
  </span>
);

export interface ShownProps<T> {
  resource: Resource<T>;
  /** Before anything has come. */
  loading?: ComponentChildren;
  children: (data: T) => ComponentChildren;
}

/** What came, or why it did not: the last that came stays, greyed, while the edge fails. */
export function Shown<T>({ resource, loading, children }: ShownProps<T>) {
  const { data, failure } = resource;
  if (failure?.kind === "refused") return <Refused failure={failure} />;
  if (data === null && failure !== null)
    return (
      <State icon="offline" title={`Unreachable since ${clockTime(resource.failingSince ?? Date.now())}`}>
        <p>
          {failure.detail} <NextTry at={resource.nextTryAt} />
        </p>
        <button type="button" class="button" onClick={resource.reload}>
          Try now
        </button>
      </State>
    );
  if (data === null) return <>{loading ?? <Loading />}</>;
  return (
    <>
      <StaleNotice resource={resource} />
      <div class={`shown${failure === null && !resource.isLoading ? "" : " stale"}`}>{children(data)}</div>
    </>
  );
}
