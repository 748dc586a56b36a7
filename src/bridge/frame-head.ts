/**
 * The head of an OCPP-J frame, without reading the rest. Must not know who said it.
 */

/** Type, messageId and, of a CALL, action; type 0: it is no frame, and Kerbside's to judge. */
export function headOf(frame: string): [type: number, messageId: string, action: string] {
  const [, type = "0", messageId = '""', action = ""] =
    /^\s*\[\s*(\d)\s*,\s*("(?:[^"\\]|\\.)*")(?:\s*,\s*"([A-Za-z]{1,60})")?/.exec(frame) ?? [];
  try {
    return [Number(type), JSON.parse(messageId) as string, action];
  } catch {
    // One odd frame of one station would end the bridge for all of them.
    return [0, "", ""];
  }
}
