/**
 * The filters that a campaign is made by, by the names that they have in the address. Must not know what they choose from.
 */
import type { FilterChoice } from "../../parts/filter-bar.tsx";

const YES_NO = (yes: string, no: string): FilterChoice["options"] => [
  ["true", yes],
  ["false", no],
];

export const TARGET_FILTERS: readonly FilterChoice[] = [
  { name: "online", label: "Online or not", options: YES_NO("Online", "Offline") },
  {
    ...{ name: "protocol", label: "Version" },
    options: [
      ["ocpp1.6", "OCPP 1.6"],
      ["ocpp2.0.1", "OCPP 2.0.1"],
      ["ocpp2.1", "OCPP 2.1"],
    ],
  },
  {
    ...{ name: "securityProfile", label: "Security profile" },
    options: [
      ["3", "3 · mTLS"],
      ["2", "2 · TLS"],
      ["1", "1 · Basic"],
      ["0", "0 · no proof"],
    ],
  },
];
