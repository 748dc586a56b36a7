/**
 * A registration to change: saved as a whole, and where it may keep the station out by naming it. Must not know the station's other
 * parts.
 */
import { useId, useState } from "preact/hooks";
import { KerbsideProblem } from "../../../client/problem.ts";
import type { Protocol, StationView } from "../../../client/views.ts";
import { wordsOf } from "../../data/failure.ts";
import { clientOf } from "../../data/session.ts";
import { PROFILE_NAMES } from "../../parts/badge.tsx";
import { CommandLine } from "../../parts/copy-button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { AreaField, CheckField, SelectField, TextField } from "../../parts/fields.tsx";
import { toast } from "../../parts/toast.tsx";
import { formOf, isDangerous, type RegistrationForm, registrationOf } from "./registration-form.ts";

export interface RegistrationDialogProps {
  view: StationView;
  onClose: () => void;
  onSaved: () => void;
}

const PROTOCOLS: readonly Protocol[] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

export function RegistrationDialog({ view, onClose, onSaved }: RegistrationDialogProps) {
  const [form, setForm] = useState(() => formOf(view));
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [typed, setTyped] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const nameId = useId();
  const set = (change: Partial<RegistrationForm>) => {
    setForm({ ...form, ...change });
    setFaults(new Map());
    setRefusal(null);
  };
  const mustName = isDangerous(form, view);
  const isReady = !isBusy && (!mustName || typed === view.stationId);
  const save = async () => {
    if (!isReady) return;
    const wanted = registrationOf(form, view);
    if (!wanted.ok) return setFaults(wanted.faults);
    setBusy(true);
    try {
      const station = clientOf().station(view.stationId);
      // One that was deregistered meanwhile would be registered anew.
      await station.get();
      const { password } = await station.register(wanted.registration);
      onSaved();
      toast("good", "The registration is changed.");
      if (password === undefined) onClose();
      else setMade(password);
    } catch (error) {
      setRefusal(wordsOf(error));
      setFaults(faultsOf(error));
    }
    setBusy(false);
  };
  if (made !== null)
    return (
      <Dialog title="The new password" onClose={onClose}>
        <p>It is shown this once. Whoever sets the station up needs it.</p>
        <CommandLine text={made} />
      </Dialog>
    );
  return (
    <Dialog
      title={`Registration of ${view.stationId}`}
      isWide
      onClose={onClose}
      onSubmit={() => void save()}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={`button main${mustName ? " danger" : ""}`} disabled={!isReady}>
            Save
          </button>
        </>
      }
    >
      {refusal !== null && (
        <div class="notice bad" role="alert">
          <div>{refusal}</div>
        </div>
      )}
      <div class="fields">
        <SelectField
          label="Security profile"
          value={form.securityProfile}
          onChange={(securityProfile) => set({ securityProfile })}
          options={[0, 1, 2, 3].map((profile) => [String(profile), `${profile}: ${PROFILE_NAMES[profile]}`])}
          fault={faults.get("securityProfile")}
        />
        <SelectField
          label="Password"
          value={form.password}
          onChange={(password) => set({ password: password as RegistrationForm["password"] })}
          options={[
            ["keep", view.hasPassword ? "Keep it" : "None"],
            ["generate", "Make a new one"],
            ["new", "Set a new one"],
          ]}
          fault={form.password === "new" ? null : faults.get("password")}
        />
        {form.password === "new" && (
          <TextField
            label="New password"
            type="password"
            autocomplete="new-password"
            isMono
            value={form.newPassword}
            onChange={(newPassword) => set({ newPassword })}
            hint="16 to 64 bytes"
            fault={faults.get("password")}
          />
        )}
      </div>
      {form.password !== "keep" && view.hasPassword && (
        <CheckField
          label="The old password counts until the new one was used once"
          isChecked={form.overlap}
          onChange={(overlap) => set({ overlap })}
        />
      )}
      <AreaField
        label="Labels"
        rows={3}
        value={form.labels}
        onChange={(labels) => set({ labels })}
        hint="name=value, one a line"
        fault={faults.get("labels")}
      />
      <fieldset class="form-group">
        <legend>Versions that it may speak</legend>
        <div class="line wrap">
          {PROTOCOLS.map((each) => (
            <CheckField
              key={each}
              label={each}
              isChecked={form.protocols.includes(each)}
              onChange={(isChecked) =>
                set({ protocols: PROTOCOLS.filter((one) => (one === each ? isChecked : form.protocols.includes(one))) })
              }
            />
          ))}
          <span class="muted small">None chosen: all that are enabled.</span>
        </div>
        <CheckField
          label="It names none when it connects: take the one that is chosen"
          isChecked={form.assumeProtocol}
          onChange={(assumeProtocol) => set({ assumeProtocol })}
        />
        {faults.get("protocols") !== undefined && <div class="fault small bad">{faults.get("protocols")}</div>}
      </fieldset>
      <div class="fields">
        <SelectField
          label="Validation"
          value={form.validation}
          onChange={(validation) => set({ validation })}
          options={[
            ["", "As the deployment has it"],
            ["strict", "strict"],
            ["lenient", "lenient"],
            ["forward", "forward"],
          ]}
        />
        <SelectField
          label="Answered by"
          value={form.csms}
          onChange={(csms) => set({ csms })}
          options={[
            ["", "As the deployment has it"],
            ["link", "link: the CSMS's own socket alone"],
            ["http", "http: CSMS_URL"],
            ["standalone", "standalone: built-in answers"],
          ]}
        />
        <TextField
          label="Heartbeat, at most every"
          value={form.heartbeat}
          onChange={(heartbeat) => set({ heartbeat })}
          placeholder="seconds"
          hint="10 to 86,400; empty: as it is answered"
          fault={faults.get("heartbeatIntervalSeconds")}
        />
      </div>
      {form.securityProfile === "3" && (
        <>
          <div class="fields">
            <TextField
              label="Certificate's common name"
              value={form.commonName}
              onChange={(commonName) => set({ commonName })}
              placeholder={view.stationId}
              fault={faults.get("certificate/commonName")}
            />
            <TextField
              label="Organization"
              value={form.organization}
              onChange={(organization) => set({ organization })}
              fault={faults.get("certificate/organization")}
            />
          </div>
          <AreaField
            label="Fingerprints, SHA-256 in hex"
            rows={2}
            value={form.fingerprints}
            onChange={(fingerprints) => set({ fingerprints })}
            hint="One a line. None: any certificate of this subject."
            fault={faults.get("certificate/fingerprints")}
          />
        </>
      )}
      <SelectField
        label="The connection that is open"
        value={form.apply}
        onChange={(apply) => set({ apply })}
        options={[
          ["", "Stays, unless the profile is raised"],
          ["next-connect", "Stays as it was let in"],
          ["now", "Ends, if it would be judged otherwise"],
        ]}
      />
      {mustName && (
        <div class="field">
          <label for={nameId}>
            This may keep the station out, or ends its connection. Type <code>{view.stationId}</code> to confirm
          </label>
          <input
            id={nameId}
            class="input mono"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={({ currentTarget }) => setTyped(currentTarget.value)}
          />
        </div>
      )}
    </Dialog>
  );
}

/** Of the API's paths the first names are the fields'; of a list or a record all that is in it. */
const faultsOf = (error: unknown): Map<string, string> =>
  new Map(
    error instanceof KerbsideProblem
      ? error.faults.map(({ path, message }) => {
          const [first = "", second = ""] = path.slice(1).split("/");
          return [first === "certificate" ? `${first}/${second}` : first, message];
        })
      : [],
  );
