/**
 * Certificates that a person or a backend revoked here, the newest first. Must not know the lists that CAs sign.
 */
import type { Revocation } from "../../../client/kerbside.ts";
import { usePagedList } from "../../data/paged-list.ts";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Shown, State } from "../../parts/states.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";

const EVERY_MS = 30_000;
const nameOf = ({ fingerprint, issuer, serialNumber }: Revocation): string =>
  fingerprint ?? `${serialNumber} of ${issuer}`;

const COLUMNS: readonly Column<Revocation>[] = [
  {
    ...{ key: "certificate", title: "Certificate", width: "minmax(200px, 3fr)", narrow: "lead" },
    cell: (revocation) => (
      <span class="line">
        <code class="clip" title={nameOf(revocation)}>
          {nameOf(revocation)}
        </code>
        <CopyButton text={nameOf(revocation)} label="what names it" />
      </span>
    ),
  },
  { ...{ key: "reason", title: "Reason", width: "minmax(110px, 1fr)", narrow: "under" }, cell: ({ reason }) => reason },
  {
    ...{ key: "actor", title: "By", width: "minmax(90px, 1fr)" },
    cell: ({ actor }) => actor ?? <span class="muted">not known</span>,
  },
  {
    ...{ key: "at", title: "Revoked", width: "100px", isEnd: true, narrow: "under-trail" },
    cell: ({ revokedAt }) => <Time at={revokedAt} />,
  },
];

export function RevocationList() {
  const list = usePagedList<Revocation>(
    "revocations",
    nameOf,
    async (client, cursor) => {
      const page = await client.revocations.page({ cursor: cursor ?? undefined });
      return { rows: page.revocations, cursor: page.cursor };
    },
    EVERY_MS,
  );
  return (
    <Shown resource={list}>
      {(revocations) =>
        revocations.length === 0 ? (
          <State icon="lock" title="No certificate is revoked here">
            <p>
              <code>POST /v1/revocations</code> revokes one by its fingerprint, or by its issuer and serial number.
            </p>
          </State>
        ) : (
          <Table
            isLong
            label="Revoked certificates"
            rows={revocations}
            columns={COLUMNS}
            keyOf={nameOf}
            onNearEnd={list.more}
            onSeen={list.seen}
          />
        )
      }
    </Shown>
  );
}
