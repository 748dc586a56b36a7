/**
 * The line to the station as its commands see it. Must not know what is sent.
 */
import type { Command } from "./command/command-row.ts";
import type { Line } from "./command/commands.ts";
import type { Conversation } from "./connection/conversation.ts";

/** @param isHeld nothing is to be sent yet @param changed called with each that is sent, whose deadline is new */
export function lineOf(conversation: Conversation | null, isHeld: boolean, changed: () => void): Line | null {
  if (conversation === null) return null;
  const { session, socket } = conversation;
  return {
    protocol: session.protocol,
    registrationStatus: session.registrationStatus,
    // On a socket that is closing nothing is sent: what is queued is known to be unsent.
    busy: isHeld || session.openCall !== null || socket.readyState !== WebSocket.OPEN,
    send: ({ id, action, payload, timeoutMs }: Command) => {
      changed();
      void conversation.command({ kind: "command", messageId: id, action, payload, timeoutMs });
    },
  };
}
