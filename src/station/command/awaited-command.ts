/**
 * A command that a request waits for: its own timer watches the deadline of the CALL, which then costs no alarm. Must not know
 * how a command is sent or settled.
 */
import type { CommandView } from "./command-view.ts";
import type { Agenda } from "../object/agenda.ts";
import type { Commands } from "./commands.ts";
import type { Connections } from "../connection/connections.ts";

interface Parts {
  commands: Commands;
  connections: Connections;
  agenda: Agenda;
}

/**
 * Resolves once the command has ended. A process that dies meanwhile takes the socket with it, and what was sent on it ends with
 * the next look at the station.
 */
export async function ended(command: CommandView, parts: Parts, now: number): Promise<CommandView> {
  const { commands, connections } = parts;
  const end = commands.ended(command);
  const open = connections.current()?.session.openCall;
  if (open?.messageId !== command.commandId) return end;
  connections.timedByRequest(command.commandId);
  const timer = setTimeout(() => void timeIsOver(parts), open.deadline - now);
  try {
    return await end;
  } finally {
    clearTimeout(timer);
  }
}

async function timeIsOver({ connections, agenda }: Parts): Promise<void> {
  await connections.guarded(async () => connections.current()?.tick());
  // A timer that was early leaves the rest to the alarm.
  connections.timedByRequest(null);
  await agenda.now();
}
