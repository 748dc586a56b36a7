/**
 * A station's name and how it stands, with what may be done to it as a whole. Must not know its parts.
 */
import { useState } from "preact/hooks";
import type { StationView } from "../../../client/views.ts";
import { unreachableSince } from "../../data/edge.ts";
import { go } from "../../data/route.ts";
import { may } from "../../data/session.ts";
import { act } from "../../parts/act.ts";
import { Badge, Dot, Profile } from "../../parts/badge.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { Time } from "../../parts/time.tsx";

export interface StationHeadProps {
  view: StationView;
  onChange: () => void;
}

export function StationHead({ view, onChange }: StationHeadProps) {
  const [asked, setAsked] = useState<"disconnect" | "deregister" | null>(null);
  const { stationId: id, online, connection, offlineSince } = view;
  const lacking = !may("stations:write")
    ? "Your key lacks the scope stations:write"
    : unreachableSince.value === null
      ? undefined
      : "The edge does not answer";
  const close = () => setAsked(null);
  const disconnect = async () => {
    const { kind } = await act(
      (client) => client.station(id).disconnect(),
      `${id} is disconnected. It comes back by itself.`,
    );
    if (kind === "done") close();
    onChange();
  };
  const deregister = async () => {
    const { kind } = await act((client) => client.station(id).deregister(), `${id} is deregistered.`);
    if (kind === "done") go("#/stations");
  };
  return (
    <div class="station-head">
      <span class="line">
        <Dot tone={online ? "good" : "off"} label={online ? "Online" : "Offline"} />
        <b>{online ? "Online" : "Offline"}</b>
        {(online || offlineSince !== undefined) && (
          <span class="muted small">
            since <Time at={online ? connection?.since : offlineSince} form="local" />
          </span>
        )}
      </span>
      <Profile profile={connection?.securityProfile ?? view.securityProfile} />
      {connection !== null && <Badge>{connection.protocol}</Badge>}
      <span class="muted clip">
        {[view.boot?.vendor, view.boot?.model].filter((each) => each !== undefined && each !== "").join(" ")}
      </span>
      <CopyButton text={id} label="the name" />
      <span class="grow" />
      <button
        type="button"
        class="button"
        disabled={lacking !== undefined || !online}
        title={lacking ?? (online ? undefined : "It is not connected")}
        onClick={() => setAsked("disconnect")}
      >
        Disconnect
      </button>
      <button
        type="button"
        class="button danger"
        disabled={lacking !== undefined}
        title={lacking}
        onClick={() => setAsked("deregister")}
      >
        Deregister
      </button>
      {asked === "disconnect" && (
        <Confirm title={`Disconnect ${id}`} name={id} verb="Disconnect" onConfirm={disconnect} onClose={close}>
          <p>Its connection is closed. It comes back by itself, as it would after any break.</p>
        </Confirm>
      )}
      {asked === "deregister" && (
        <Confirm title={`Deregister ${id}`} name={id} verb="Deregister" onConfirm={deregister} onClose={close}>
          <p>
            Its connection is closed and it is let in no more. Its commands are cancelled; what is undelivered is tried
            once, then its log and all else of it is deleted. <b>This cannot be undone.</b>
          </p>
        </Confirm>
      )}
    </div>
  );
}
