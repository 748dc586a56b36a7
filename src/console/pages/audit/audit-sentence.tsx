/**
 * What somebody did, as a sentence with links to what it was done to. Must not know who did it, nor when.
 */
import type { ComponentChildren } from "preact";
import type { AuditEntry } from "../../../client/kerbside.ts";
import { href } from "../../data/route.ts";
import { Badge } from "../../parts/badge.tsx";

export function AuditSentence({ entry }: { entry: AuditEntry }) {
  const { kind, stationId, outcome } = entry;
  return (
    <span class="clip audit-sentence" title={kind}>
      {sentenceOf(entry)}
      {stationId !== null && !kind.startsWith("station.") && (
        <>
          {" "}
          · <Station id={stationId} />
        </>
      )}
      {outcome === "unknown" && (
        <>
          {" "}
          <Badge tone="warn" title="The answer was an error: it may have been done, or not">
            outcome unknown
          </Badge>
        </>
      )}
    </span>
  );
}

const Station = ({ id }: { id: string | null }) =>
  id === null ? <>a station</> : <a href={href(["stations", id])}>{id}</a>;
const Campaign = ({ id }: { id: string | undefined }) =>
  id === undefined ? <>a campaign</> : <a href={href(["campaigns", id])}>a campaign</a>;
const Webhook = ({ name }: { name: string | undefined }) =>
  name === undefined ? <>a webhook</> : <a href={href(["webhooks", name])}>{name}</a>;

function sentenceOf(entry: AuditEntry): ComponentChildren {
  const { kind, stationId, action, changed = [], campaignId, webhook, certificate, issuer, operation, scope } = entry;
  switch (kind) {
    case "station.registered":
      return <>registered {<Station id={stationId} />}</>;
    case "station.changed":
      return (
        <>
          changed {changed.length === 0 ? "nothing" : changed.join(", ")} of <Station id={stationId} />
        </>
      );
    case "station.deregistered":
      return <>deregistered {<Station id={stationId} />}</>;
    case "station.disconnected":
      return <>disconnected {<Station id={stationId} />}</>;
    case "command.sent":
      return (
        <>
          sent <code>{action}</code>
        </>
      );
    case "command.cancelled":
      return <>cancelled a command</>;
    case "campaign.created":
      return (
        <>
          began <Campaign id={campaignId} /> of <code>{action}</code>
        </>
      );
    case "campaign.paused":
    case "campaign.resumed":
    case "campaign.cancelled":
      return (
        <>
          {kind.slice("campaign.".length)} <Campaign id={campaignId} />
        </>
      );
    case "password-rotation.begun":
    case "password-rotation.cancelled":
      return <>{kind.endsWith("begun") ? "began" : "cancelled"} a password rotation</>;
    case "security-upgrade.begun":
    case "security-upgrade.cancelled":
      return <>{kind.endsWith("begun") ? "began" : "cancelled"} a security upgrade</>;
    case "webhook.put":
      return (
        <>
          set the webhook <Webhook name={webhook} />
        </>
      );
    case "webhook.deleted":
      return <>deleted the webhook {webhook}</>;
    case "webhook.replayed":
      return (
        <>
          replayed the webhook <Webhook name={webhook} />
        </>
      );
    case "certificate.revoked":
      return (
        <>
          revoked the certificate <code>{certificate}</code>
        </>
      );
    case "crl.put":
      return (
        <>
          put the revocation list of <code>{issuer}</code>
        </>
      );
    case "key.refused":
      return (
        <>
          <Badge tone="bad">refused</Badge> {operation}:{" "}
          {scope === undefined ? "the key is for a part of the fleet" : <>it lacks {<code>{scope}</code>}</>}
        </>
      );
    default:
      // A newer release may do more.
      return <>{[kind, action, webhook, certificate, issuer].filter((each) => each !== undefined).join(" ")}</>;
  }
}
