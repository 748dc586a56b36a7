/**
 * The CALLs of a station that have no answer yet: the one that the CSMS is asked, and those behind it. Must not know how
 * they are answered.
 */
import type { Call } from "./message.ts";
import { isSameCall } from "./repetition.ts";

interface Open {
  asking: Call | null;
  inbox: readonly (Call & { isSend?: true })[];
}

const openCalls = ({ asking, inbox }: Open): Call[] => [
  ...(asking === null ? [] : [asking]),
  ...inbox.filter(({ isSend }) => !isSend),
];

/** An answer under its id is on the way; a second one would match the next CALL of a station that counts. */
export const isOpen = (session: Open, messageId: string | undefined): boolean =>
  openCalls(session).some((open) => open.messageId === messageId);

/** The same id alone does not make it: a station whose ids are all the same says something new under an open one. */
export const isRepeatedWhileOpen = (session: Open, call: Call): boolean =>
  openCalls(session).some((open) => isSameCall(open, call));

/** Whether what comes now is to be judged by a boot that is not decided yet. */
export const isBootAhead = (session: Open): boolean =>
  openCalls(session).some(({ action }) => action === "BootNotification");
