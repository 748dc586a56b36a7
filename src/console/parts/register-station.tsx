/**
 * The form that registers a station, filled in as far as somebody knows it; a generated password is shown once. Must not know who
 * opens it.
 */
import { useState } from "preact/hooks";
import { KerbsideProblem } from "../../client/problem.ts";
import type { Protocol, Registered, Registration, SecurityProfile } from "../../client/views.ts";
import { href } from "../data/route.ts";
import { labelsOf } from "../data/station-filter.ts";
import { act } from "./act.ts";
import { CommandLine } from "./copy-button.tsx";
import { Dialog } from "./dialog.tsx";
import { CheckField, SelectField, TextField } from "./fields.tsx";
import { Icon } from "./icon.tsx";

export interface Known {
  stationId: string;
  securityProfile: SecurityProfile;
  protocols: readonly Protocol[];
  commonName: string;
  organization: string;
  fingerprint: string;
}

export interface RegisterStationProps {
  known?: Known;
  onClose: () => void;
  onRegistered: () => void;
}

const PROFILES = [
  ["3", "3 · mTLS: a client certificate"],
  ["2", "2 · TLS: a password over wss://"],
  ["1", "1 · Basic: a password over ws://"],
  ["0", "0 · no proof, for development"],
] as const;
const PROTOCOLS: readonly Protocol[] = ["ocpp2.1", "ocpp2.0.1", "ocpp1.6"];
const UNKNOWN: Known = {
  ...{ stationId: "", securityProfile: 2, protocols: [], commonName: "", organization: "", fingerprint: "" },
};

export function RegisterStation({ known = UNKNOWN, onClose, onRegistered }: RegisterStationProps) {
  const [stationId, setStationId] = useState(known.stationId);
  const [profile, setProfile] = useState<SecurityProfile>(known.securityProfile);
  const [isGenerated, setGenerated] = useState(true);
  const [password, setPassword] = useState("");
  const [certificate, setCertificate] = useState(known);
  const [isPinned, setPinned] = useState(false);
  const [protocols, setProtocols] = useState<readonly Protocol[]>(known.protocols);
  const [labels, setLabels] = useState("");
  const [fault, setFault] = useState<{ path: string; words: string } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [made, setMade] = useState<Registered | null>(null);
  const faultAt = (path: string) => (fault?.path.startsWith(path) === true ? fault.words : null);

  const registration = (): Registration => ({
    securityProfile: profile,
    ...((profile === 1 || profile === 2) && { password: isGenerated ? "generate" : password }),
    ...(profile === 3 && { certificate: certificateOf(certificate, isPinned) }),
    ...(protocols.length > 0 && { protocols: [...protocols] }),
    ...(labels.trim() !== "" && { labels: labelsOf(labels) }),
  });

  const register = async () => {
    setBusy(true);
    setFault(null);
    const acted = await act(
      async (client) => {
        const station = client.station(stationId.trim());
        // What is registered would be changed, and what the form does not name reset.
        const isKnown = await station.get().then(() => true, isUnknown);
        return isKnown ? null : await station.register(registration());
      },
      null,
      false,
    );
    setBusy(false);
    if (acted.kind === "failed") {
      const [first] = acted.problem?.faults ?? [];
      const path = acted.problem?.slug === "illegal-identity" ? "id" : (first?.path ?? "");
      setFault({ path, words: acted.words });
      return;
    }
    if (acted.value === null) {
      setFault({ path: "id", words: "It is registered already. Change it on its own page." });
      return;
    }
    setMade(acted.value);
    onRegistered();
  };
  if (made !== null) return <Made made={made} onClose={onClose} />;

  return (
    <Dialog
      title={known.stationId === "" ? "Register a station" : `Register ${known.stationId}`}
      onClose={onClose}
      onSubmit={() => void register()}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button main" disabled={stationId.trim() === "" || isBusy}>
            {isBusy ? "Registering …" : "Register"}
          </button>
        </>
      }
    >
      {known.stationId === "" && (
        <TextField
          label="Identity"
          isMono
          isRequired
          maxLength={48}
          value={stationId}
          onChange={setStationId}
          fault={faultAt("id")}
          hint="As the station sends it at the end of its URL."
        />
      )}
      <SelectField
        label="Security profile"
        value={String(profile)}
        onChange={(value) => setProfile(Number(value) as SecurityProfile)}
        options={PROFILES}
        fault={faultAt("/securityProfile")}
        hint="It is refused on anything lower."
      />
      {(profile === 1 || profile === 2) && (
        <div class="stack">
          <CheckField label="Generate a password, shown once" isChecked={isGenerated} onChange={setGenerated} />
          {!isGenerated && (
            <TextField
              label="Password"
              type="password"
              isMono
              value={password}
              onChange={setPassword}
              fault={faultAt("/password")}
              hint="16 to 64 bytes."
            />
          )}
        </div>
      )}
      {profile === 3 && (
        <CertificateFields
          {...{ certificate, isPinned, faultAt }}
          onChange={setCertificate}
          onPin={setPinned}
          placeholder={stationId.trim()}
        />
      )}
      <fieldset class="plain">
        <legend>Versions it may speak, where not all</legend>
        <div class="line wrap">
          {PROTOCOLS.map((protocol) => (
            <CheckField
              key={protocol}
              label={protocol.replace("ocpp", "")}
              isChecked={protocols.includes(protocol)}
              onChange={(isChecked) =>
                setProtocols(isChecked ? [...protocols, protocol] : protocols.filter((each) => each !== protocol))
              }
            />
          ))}
        </div>
      </fieldset>
      <TextField
        label="Labels"
        value={labels}
        onChange={setLabels}
        placeholder="site=north, floor=2"
        fault={faultAt("/labels")}
      />
      {fault !== null && (
        <div class="notice bad" role="alert">
          <Icon name="problems" />
          <div>{fault.words}</div>
        </div>
      )}
    </Dialog>
  );
}

interface CertificateFieldsProps {
  certificate: Known;
  isPinned: boolean;
  placeholder: string;
  faultAt: (path: string) => string | null;
  onChange: (certificate: Known) => void;
  onPin: (isPinned: boolean) => void;
}

function CertificateFields({ certificate, isPinned, placeholder, faultAt, onChange, onPin }: CertificateFieldsProps) {
  return (
    <>
      <div class="fields">
        <TextField
          label="Common name"
          value={certificate.commonName}
          onChange={(commonName) => onChange({ ...certificate, commonName })}
          fault={faultAt("/certificate/commonName")}
          placeholder={placeholder}
        />
        <TextField
          label="Organization, where it must be"
          value={certificate.organization}
          onChange={(organization) => onChange({ ...certificate, organization })}
          fault={faultAt("/certificate/organization")}
        />
      </div>
      {certificate.fingerprint !== "" && (
        <CheckField
          label={
            <>
              This certificate alone: <code>{certificate.fingerprint.slice(0, 16)}…</code>
            </>
          }
          isChecked={isPinned}
          onChange={onPin}
        />
      )}
    </>
  );
}

function certificateOf({ commonName, organization, fingerprint }: Known, isPinned: boolean) {
  return {
    ...(commonName.trim() !== "" && { commonName: commonName.trim() }),
    ...(organization.trim() !== "" && { organization: organization.trim() }),
    ...(isPinned && { fingerprints: [fingerprint] }),
  };
}

/** @throws whatever else went wrong */
function isUnknown(error: unknown): false {
  if (error instanceof KerbsideProblem && error.slug === "station-not-found") return false;
  throw error;
}

function Made({ made, onClose }: { made: Registered; onClose: () => void }) {
  const { stationId, password } = made;
  return (
    <Dialog
      title={`${stationId} is registered`}
      onClose={onClose}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Close
          </button>
          <a class="button main" href={href(["stations", stationId])} onClick={onClose}>
            Open it
          </a>
        </>
      }
    >
      {password === undefined ? (
        <p>It may connect now.</p>
      ) : (
        <>
          <p>Its password. It is shown this once: only its hash is kept.</p>
          <CommandLine text={password} />
        </>
      )}
    </Dialog>
  );
}
