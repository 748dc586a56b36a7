/**
 * Who knocked and is not registered, and the form that registers one of them. Must not take what they say of themselves for proven.
 */
import { useState } from "preact/hooks";
import type { Newcomer } from "../../../client/fleet/newcomers.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { may } from "../../data/session.ts";
import { Badge, Profile } from "../../parts/badge.tsx";
import { count } from "../../parts/figure.tsx";
import { Page, type PageProps } from "../../parts/page.tsx";
import { RegisterStation } from "../../parts/register-station.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { certificateOf, knownOf, profileOf } from "./newcomer.ts";

const PAGE = 200;
const keyOf = ({ stationId }: Newcomer): string => stationId;

export function NewcomersPage(_: PageProps) {
  const [registering, setRegistering] = useState<Newcomer | null>(null);
  const list = usePagedList<Newcomer>("newcomers", keyOf, async (client, cursor) => {
    const page = await client.newcomers.page({ limit: PAGE, cursor: cursor ?? undefined });
    return { rows: page.newcomers, cursor: page.cursor };
  });
  const isEmpty = list.data?.length === 0 && !list.hasMore;
  return (
    <Page isFull>
      <Shown resource={list}>
        {(rows) =>
          isEmpty ? (
            <State icon="newcomers" title="Nobody has knocked who is not registered">
              <p>
                A station that connects with an identity that is not registered is turned away, and listed here. Point
                one at <code>{location.origin.replace(/^http/, "ws")}/ocpp/</code> and its identity.
              </p>
            </State>
          ) : (
            <>
              <p class="muted small">
                Nothing of this is proven: whoever knocked wrote it. What is registered leaves the list.
              </p>
              <Table<Newcomer>
                label="Newcomers"
                isLong
                rows={rows}
                columns={may("stations:write") ? [...COLUMNS, registerColumn(setRegistering)] : COLUMNS}
                keyOf={keyOf}
                onNearEnd={list.more}
                onSeen={list.seen}
                {...(list.hasMore && { tail: "Loading more …" })}
              />
              <div class="under-table">
                <span class="number" role="status">
                  {count(rows.length)}
                  {list.hasMore ? "+" : ""} {rows.length === 1 ? "newcomer" : "newcomers"}
                </span>
              </div>
            </>
          )
        }
      </Shown>
      {registering !== null && (
        <RegisterStation known={knownOf(registering)} onClose={() => setRegistering(null)} onRegistered={list.reload} />
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<Newcomer>[] = [
  {
    ...{ key: "id", title: "Identity", width: "minmax(130px, 1.4fr)", narrow: "lead" },
    cell: ({ stationId }) => (
      <b class="clip" title={stationId}>
        {stationId}
      </b>
    ),
  },
  {
    ...{ key: "reason", title: "Turned away for", width: "minmax(110px, 1.3fr)", narrow: "under" },
    cell: ({ reason, lastSeen }) => (
      <span title={reason}>
        {reason.replaceAll("-", " ")}
        <span class="narrow-only">
          , <Time at={lastSeen} />
        </span>
      </span>
    ),
  },
  {
    ...{ key: "profile", title: "Came by", width: "100px" },
    cell: (newcomer) => <Profile profile={profileOf(newcomer)} />,
  },
  {
    ...{ key: "protocols", title: "Offers", width: "minmax(80px, 1fr)", from: 1000 },
    cell: ({ protocols }) => (
      <span title={protocols.join(", ")}>
        {protocols.map((each) => each.replace("ocpp", "")).join(", ") || <span class="muted">no version</span>}
      </span>
    ),
  },
  {
    ...{ key: "certificate", title: "Certificate shown", width: "minmax(130px, 2fr)", from: 1200 },
    cell: (newcomer) => {
      const shown = certificateOf(newcomer);
      if (shown === null) return <span class="muted">none</span>;
      return (
        <span class="line" title={`${shown.subject}\n${shown.fingerprint ?? ""}\n${shown.verdict}`}>
          <span class="clip">{shown.subject}</span>
          <Badge tone={shown.verdict === "SUCCESS" ? "good" : "warn"}>{shown.verdict}</Badge>
        </span>
      );
    },
  },
  {
    ...{ key: "address", title: "From", width: "minmax(90px, 0.9fr)", from: 1100 },
    cell: ({ remoteAddress }) => <span class="number">{remoteAddress ?? "–"}</span>,
  },
  {
    ...{ key: "count", title: "Times", width: "46px", isEnd: true, from: 1000 },
    cell: ({ count: times }) => count(times),
  },
  {
    ...{ key: "first", title: "First", width: "86px", from: 1320 },
    cell: ({ firstSeen }) => (
      <span class="muted">
        <Time at={firstSeen} />
      </span>
    ),
  },
  {
    ...{ key: "last", title: "Last", width: "92px" },
    cell: ({ lastSeen }) => <Time at={lastSeen} />,
  },
];

const registerColumn = (onRegister: (newcomer: Newcomer) => void): Column<Newcomer> => ({
  ...{ key: "register", title: "", width: "78px", narrow: "end" },
  cell: (newcomer) => (
    <button
      type="button"
      class="button small"
      aria-label={`Register ${newcomer.stationId}`}
      onClick={() => onRegister(newcomer)}
    >
      Register
    </button>
  ),
});
