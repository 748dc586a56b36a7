/**
 * A station's security raised: its profile, and its password, each begun by naming the station and watched as it goes on. Must not know
 * the steps.
 */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Operation, PasswordRotation, SecurityUpgrade } from "../../../client/operation-views.ts";
import type { Kerbside } from "../../../client/kerbside.ts";
import { KerbsideProblem } from "../../../client/problem.ts";
import type { Station } from "../../../client/station.ts";
import type { StationView } from "../../../client/views.ts";
import { type Resource, useResource } from "../../data/resource.ts";
import { act } from "../../parts/act.ts";
import { PROFILE_NAMES } from "../../parts/badge.tsx";
import { Confirm } from "../../parts/dialog.tsx";
import { AreaField, CheckField, SelectField, TextField } from "../../parts/fields.tsx";
import { Shown } from "../../parts/states.tsx";
import { OperationProgress } from "./operation-progress.tsx";
import { PROOFS } from "./words.ts";

/** ms between two looks at one that is under way; one that ended does not change. */
const RUNNING_EVERY_MS = 3_000;

export const SecurityTab = ({ view }: { view: StationView }) => (
  <div class="cards">
    <Upgrade view={view} />
    <Rotation view={view} />
  </div>
);

function useOperation(id: string, kind: Operation["kind"]): Resource<Operation | "none"> {
  const [isRunning, setRunning] = useState(false);
  const look = async (station: Station): Promise<Operation | "none"> => {
    try {
      const operation = await (kind === "security-upgrade" ? station.securityUpgrade() : station.passwordRotation());
      setRunning(operation.state === "running");
      return operation;
    } catch (error) {
      if (error instanceof KerbsideProblem && error.slug === "operation-not-found") return "none";
      throw error;
    }
  };
  return useResource(`${kind}/${id}`, (client) => look(client.station(id)), {
    everyMs: isRunning ? RUNNING_EVERY_MS : null,
  });
}

interface OperationPanelProps {
  title: string;
  resource: Resource<Operation | "none">;
  onCancel: (client: Kerbside) => Promise<unknown>;
  children: ComponentChildren;
}

function OperationPanel({ title, resource, onCancel, children }: OperationPanelProps) {
  const cancel = async () => {
    await act(onCancel, "It is stopped.");
    resource.reload();
  };
  return (
    <section class="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      <div class="body stack">
        <Shown resource={resource}>
          {(operation) => (
            <>
              {operation !== "none" && <OperationProgress operation={operation} onCancel={() => void cancel()} />}
              {(operation === "none" || operation.state !== "running") && children}
            </>
          )}
        </Shown>
      </div>
    </section>
  );
}

function Upgrade({ view }: { view: StationView }) {
  const id = view.stationId;
  const resource = useOperation(id, "security-upgrade");
  const higher = ([1, 2, 3] as const).filter((profile) => profile > view.securityProfile);
  const [to, setTo] = useState(String(higher[0] ?? ""));
  const [url, setUrl] = useState("");
  const [root, setRoot] = useState("");
  const [hasCertificate, setHasCertificate] = useState(false);
  const [reset, setReset] = useState("soft");
  const [isAsked, setAsked] = useState(false);
  const wish: SecurityUpgrade = {
    to: Number(to) as SecurityUpgrade["to"],
    ...(url.trim() !== "" && { url: url.trim() }),
    ...(root.trim() !== "" && { rootCertificate: root.trim() }),
    ...(hasCertificate && { hasCertificate: true }),
    reset: reset === "hard" ? "hard" : "soft",
  };
  const begin = async () => {
    const { kind } = await act((client) => client.station(id).upgradeSecurity(wish), "The upgrade is begun.");
    if (kind === "done") setAsked(false);
    resource.reload();
  };
  return (
    <OperationPanel
      title="Security profile"
      resource={resource}
      onCancel={(client) => client.station(id).cancelSecurityUpgrade()}
    >
      {higher.length === 0 ? (
        <p class="muted">It has the highest profile: {PROOFS[3]}</p>
      ) : (
        <div class="stack">
          <div class="fields">
            <SelectField
              label="Raise it to"
              value={to}
              onChange={setTo}
              options={higher.map((profile) => [String(profile), `${profile}: ${PROFILE_NAMES[profile]}`])}
              hint={PROOFS[Number(to)]}
            />
            <SelectField
              label="Reset"
              value={reset}
              onChange={setReset}
              options={[
                ["soft", "Soft: after what it is at"],
                ["hard", "Hard: at once"],
              ]}
            />
          </div>
          <TextField label="Address to connect to (2.x)" value={url} onChange={setUrl} isMono placeholder="wss://…" />
          <AreaField
            label="Root certificate of the server, in PEM"
            rows={3}
            value={root}
            onChange={setRoot}
            hint="Left out, this deployment's is taken, if it names one."
          />
          {to === "3" && (
            <CheckField
              label="It has a client certificate already"
              isChecked={hasCertificate}
              onChange={setHasCertificate}
            />
          )}
          <div>
            <button type="button" class="button danger" onClick={() => setAsked(true)}>
              Raise to profile {to} …
            </button>
          </div>
        </div>
      )}
      {isAsked && (
        <Confirm
          title={`Raise ${id} to profile ${to}`}
          name={id}
          verb="Raise it"
          onConfirm={begin}
          onClose={() => setAsked(false)}
        >
          <p>
            It is told its new profile, is reset and has to come back with it. From then on it is refused on anything
            lower.
          </p>
          <p class="muted">If it does not come back by itself, somebody has to go there.</p>
        </Confirm>
      )}
    </OperationPanel>
  );
}

function Rotation({ view }: { view: StationView }) {
  const id = view.stationId;
  const resource = useOperation(id, "password-rotation");
  const [password, setPassword] = useState("");
  const [reset, setReset] = useState(false);
  const [isAsked, setAsked] = useState(false);
  const wish: PasswordRotation = { ...(password !== "" && { password }), reset };
  const begin = async () => {
    const { kind } = await act((client) => client.station(id).rotatePassword(wish), "The rotation is begun.");
    if (kind === "done") {
      setAsked(false);
      setPassword("");
    }
    resource.reload();
  };
  return (
    <OperationPanel
      title="Password"
      resource={resource}
      onCancel={(client) => client.station(id).cancelPasswordRotation()}
    >
      <div class="stack">
        <TextField
          label="New password"
          type="password"
          value={password}
          onChange={setPassword}
          isMono
          autocomplete="new-password"
          hint="Left empty, one is made that nobody has to know. 16 to 64 bytes."
        />
        <CheckField
          label="Reset it where it does not take the new one by itself"
          isChecked={reset}
          onChange={setReset}
        />
        <div>
          <button type="button" class="button danger" onClick={() => setAsked(true)}>
            Replace the password …
          </button>
        </div>
      </div>
      {isAsked && (
        <Confirm
          title={`Replace ${id}'s password`}
          name={id}
          verb="Replace it"
          onConfirm={begin}
          onClose={() => setAsked(false)}
        >
          <p>It is given the new one. The old one counts until the new one was used once.</p>
        </Confirm>
      )}
    </OperationPanel>
  );
}
