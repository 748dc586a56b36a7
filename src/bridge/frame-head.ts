/**
 * The head of an OCPP-J frame, without reading the rest. Must not know who said it.
 */

/** Type, messageId and, of a CALL, action. */
export function headOf(frame: string): [type: number, messageId: string, action: string] {
  const [, type = "0", messageId = '""', action = ""] =
    /^\s*\[\s*(\d)\s*,\s*("(?:[^"\\]|\\.)*")(?:\s*,\s*"([A-Za-z]{1,60})")?/.exec(frame) ?? [];
  return [Number(type), JSON.parse(messageId) as string, action];
}
