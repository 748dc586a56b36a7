/**
 * The lists of revoked certificates that CAs signed, and how fresh each is. Must not know what is on them.
 */
import type { Crl } from "../../../client/kerbside.ts";
import { useResource } from "../../data/resource.ts";
import { Badge } from "../../parts/badge.tsx";
import { count } from "../../parts/figure.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";

const EVERY_MS = 30_000;
const keyOf = ({ issuer }: Crl): string => issuer;

const COLUMNS: readonly Column<Crl>[] = [
  {
    ...{ key: "issuer", title: "CA (key identifier)", width: "minmax(160px, 2fr)", narrow: "lead" },
    cell: ({ issuer }) => (
      <code class="clip" title={issuer}>
        {issuer}
      </code>
    ),
  },
  {
    ...{ key: "state", title: "State", width: "minmax(110px, 1fr)", narrow: "trail" },
    cell: (crl) => <Freshness crl={crl} />,
  },
  {
    ...{ key: "entries", title: "Revoked", width: "80px", isEnd: true },
    cell: ({ entries }) => count(entries),
  },
  { ...{ key: "number", title: "Number", width: "90px" }, cell: ({ number }) => <code>{number ?? "–"}</code> },
  {
    ...{ key: "this", title: "Signed", width: "100px", isEnd: true },
    cell: ({ thisUpdate }) => <Time at={thisUpdate} />,
  },
  {
    ...{ key: "next", title: "Next due", width: "100px", isEnd: true, narrow: "under-trail" },
    cell: ({ nextUpdate }) => <Time at={nextUpdate} />,
  },
  {
    ...{ key: "from", title: "From", width: "minmax(120px, 1.4fr)", narrow: "under" },
    cell: ({ from, checkedAt }) => (
      <span class="clip" title={from}>
        {from}
        {checkedAt !== null && (
          <span class="muted">
            {" "}
            · asked <Time at={checkedAt} />
          </span>
        )}
      </span>
    ),
  },
];

function Freshness({ crl: { outOfDate, complete, problem, nextUpdate } }: { crl: Crl }) {
  if (!complete)
    return (
      <Badge tone="bad" title="Its entries are being written, or were not all: put it again">
        incomplete
      </Badge>
    );
  if (outOfDate)
    return (
      <Badge tone="bad" title={`A newer one was due ${nextUpdate}. ${problem ?? ""}`}>
        stale
      </Badge>
    );
  if (problem !== null)
    return (
      <Badge tone="warn" title={problem}>
        not fetched
      </Badge>
    );
  return <Badge tone="good">fresh</Badge>;
}

export function CrlList() {
  const resource = useResource("crls", (client) => client.crls.all(), { everyMs: EVERY_MS });
  return (
    <Shown resource={resource}>
      {(crls) =>
        crls.length === 0 ? (
          <State icon="lock" title="No list of a CA is known">
            <p>
              <code>PUT /v1/crls/&#123;issuer&#125;</code> takes one as the CA signed it; with <code>CRL_URLS</code> it
              is fetched.
            </p>
          </State>
        ) : (
          <>
            <Table label="Lists of revoked certificates" rows={crls} columns={COLUMNS} keyOf={keyOf} />
            {crls
              .filter(({ problem }) => problem !== null)
              .map(({ issuer, problem }) => (
                <div class="notice warn" key={issuer}>
                  <div>
                    <code>{issuer}</code>: {problem}
                  </div>
                </div>
              ))}
          </>
        )
      }
    </Shown>
  );
}
