/**
 * The filters of the list of stations. Must not know the list.
 */
import { useEffect, useRef } from "preact/hooks";
import { OFFLINE_KINDS } from "../../data/offline-kinds.ts";
import { useResource } from "../../data/resource.ts";
import { route, setQuery } from "../../data/route.ts";
import { seesAll } from "../../data/session.ts";
import { isSpan } from "../../data/station-filter.ts";
import { FilterBar, type FilterChoice } from "../../parts/filter-bar.tsx";

const CHOICES: readonly FilterChoice[] = [
  {
    ...{ name: "online", label: "State" },
    options: [
      ["true", "Online"],
      ["false", "Offline"],
    ],
  },
  {
    ...{ name: "securityProfile", label: "Profile" },
    options: [
      ["3", "mTLS (3)"],
      ["2", "TLS (2)"],
      ["1", "Basic (1)"],
      ["0", "No proof (0)"],
    ],
  },
  {
    ...{ name: "protocol", label: "OCPP" },
    options: [
      ["ocpp2.1", "2.1"],
      ["ocpp2.0.1", "2.0.1"],
      ["ocpp1.6", "1.6"],
    ],
  },
];
const LATER: readonly FilterChoice[] = [
  { name: "offlineKind", label: "Went off", options: Object.entries(OFFLINE_KINDS), isRare: true },
  {
    ...{ name: "offlineFor", label: "Offline for", takes: isSpan, isRare: true },
    options: [
      ["1", "an hour"],
      ["24", "a day"],
      ["168", "a week"],
      ["720", "30 days"],
    ],
  },
  {
    ...{ name: "certificateWithin", label: "Certificate ends", takes: isSpan, isRare: true },
    options: [
      ["0", "has ended"],
      ["1", "within a day"],
      ["7", "within 7 days"],
      ["14", "within 14 days"],
      ["30", "within 30 days"],
    ],
  },
  {
    ...{ name: "undelivered", label: "Events", isRare: true },
    options: [
      ["true", "undelivered"],
      ["false", "all delivered"],
    ],
  },
  {
    ...{ name: "hasCsms", label: "CSMS", isRare: true },
    options: [
      ["true", "with a CSMS"],
      ["false", "without"],
    ],
  },
];

/** ms: vendors come and go slowly. */
const VENDORS_EVERY_MS = 60_000;

export function StationFilters() {
  const summary = useResource("vendors", (client) => client.summary(), {
    everyMs: VENDORS_EVERY_MS,
    isWanted: seesAll(),
  });
  const vendors = summary.data?.byVendor.map(({ vendor }) => [vendor, vendor] as const) ?? [];
  const vendor: FilterChoice = { name: "vendor", label: "Vendor", options: vendors, takes: () => true };
  const choices: FilterChoice[] = [...CHOICES, vendor, ...LATER];
  return (
    <FilterBar
      search="Id, label, serial number, model, fingerprint"
      choices={choices}
      others={["label", "model"]}
      rare={<LabelField value={route.value.query.label ?? ""} />}
    />
  );
}

function LabelField({ value }: { value: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (field.current !== null && document.activeElement !== field.current) field.current.value = value;
  }, [value]);
  return (
    <input
      ref={field}
      class={`input label-field${value === "" ? "" : " set"}`}
      aria-label="Labels, as name=value"
      placeholder="label=value"
      defaultValue={value}
      spellcheck={false}
      autocomplete="off"
      onChange={({ currentTarget }) => setQuery({ label: currentTarget.value.trim() })}
    />
  );
}
