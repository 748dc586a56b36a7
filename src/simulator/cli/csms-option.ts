/**
 * The option --csms: a CSMS's address, or the small one. Must not know whether it is there.
 */
import { BUILT_IN } from "../csms/csms-address.ts";
import { isLoopback } from "../fleet/targets.ts";
import { Unusable } from "../../programs/option-values.ts";

/** @param names of the stations: a bridge looks for new ones too rarely for those that live a moment */
export function csmsOf(text: string, names: string, allowRemote: boolean): string {
  if (names !== "same") throw new Unusable("--csms goes with --names same: a bridge looks for new stations every 30 s");
  if (text === BUILT_IN) return text;
  if (!URL.canParse(text) || !/^wss?:$/.test(new URL(text).protocol) || /[?#]/.test(text)) {
    throw new Unusable(
      `--csms must be ${BUILT_IN} or a ws or wss address without a query, not ${JSON.stringify(text)}`,
    );
  }
  if (allowRemote || isLoopback(new URL(text))) return text;
  throw new Unusable(`${text} is not on this machine; give --allow-remote if you mean it and may`);
}
