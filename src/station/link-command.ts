/**
 * A CALL of the CSMS's own socket, made a command of its station, and what is said of it in the end. Must not know how either travels.
 */
import { auditCommand, CSMS_LINK } from "../fleet/audit.ts";
import { log } from "../log.ts";
import { isCsmsAction } from "../ocpp/actions.ts";
import { type Call, encodeFault } from "../ocpp/message.ts";
import { checkPayload } from "../ocpp/payload-check.ts";
import type { Protocol } from "../ocpp/protocol.ts";
import { commandAnswer, refusalOf } from "./link/link-answer.ts";
import type { Command } from "./command/command-row.ts";
import type { Commands } from "./command/commands.ts";
import type { CsmsLink } from "./link/csms-link.ts";
import type { Agenda } from "./object/agenda.ts";
import type { StationContext } from "./object/context.ts";

/** s; [2.x P4 guideline] what a CSMS waits for an answer. One that comes later is passed on all the same. */
const LINK_TIMEOUT_SECONDS = 30;

interface Parts {
  agenda: Agenda;
  commands: Commands;
  context: StationContext;
  link: CsmsLink;
}

/** The frame that refuses it; `null`: it is a command, which says what becomes of it. */
export function linkCommand(
  { agenda, commands, context, link }: Parts,
  protocol: Protocol,
  { messageId, action, payload, unfit }: Call,
): string | null {
  // Said once more while it is open: its answer is on its way.
  const { linkId } = link;
  if (linkId === null || commands.ofLink.isOpenAtLink({ messageId, action, payload }, linkId)) return null;
  if (unfit !== undefined) return encodeFault(protocol, messageId, unfit.kind, unfit.description);
  const submitted = commands.submit({
    ...{ action, payload, linkMessageId: messageId, linkId, timeoutSeconds: LINK_TIMEOUT_SECONDS, expiresInSeconds: 0 },
    actor: CSMS_LINK,
  });
  agenda.changed();
  if (submitted.ok) {
    auditCommand(context.env, CSMS_LINK, submitted.value.command);
    return null;
  }
  const kind = isCsmsAction(protocol, action)
    ? (checkPayload(protocol, action, "request", payload, "strict").fault?.kind ?? null)
    : "not-implemented";
  return refusalOf(protocol, messageId, submitted.error, kind);
}

/** The frame for a command that has ended; `null`: it is not the link's, or nothing is said of it. */
export function linkAnswer({ commands, context, link }: Parts, protocol: Protocol, command: Command): string | null {
  const frame = commandAnswer(protocol, command);
  // On another link the id may be another CALL's.
  if (frame === null || (command.linkId !== undefined && command.linkId !== link.linkId)) return null;
  if (!commands.ofLink.isOvertakenAtLink(command)) return frame;
  const reason = "the CSMS has said another CALL under its messageId since, whose answer it would be taken for";
  log("warn", "an answer was not passed on", { stationId: context.id, messageId: command.linkMessageId, reason });
  return null;
}
