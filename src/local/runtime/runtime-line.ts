/**
 * What workerd and its Worker write, as lines of the log: one JSON object each, of bounded length. Must not know where they go.
 */

/** Characters; a line of the Worker's own is a few hundred, a stack or a dump of workerd's has no bound. */
const LINE_MAX_LENGTH = 8_000;
/** Characters that are kept of what is too long, or no JSON: escaped, each may be six. */
const TEXT_MAX_LENGTH = 1_000;

/** What workerd says of a client's frames that are no WebSocket's: any station could have the person on call woken. */
const CLIENTS_FAULT = /^Uncaught exception: kj\/.*WebSocket protocol error/;

export function runtimeLine(text: string, said: string): { line: string; level: string } {
  const level = said === "error" && CLIENTS_FAULT.test(text) ? "warn" : said;
  if (text.length <= LINE_MAX_LENGTH && isJsonObject(text)) return { line: text, level };
  const message = text.length > TEXT_MAX_LENGTH ? `${text.slice(0, TEXT_MAX_LENGTH).toWellFormed()}…` : text;
  return { line: JSON.stringify({ level: level === "log" ? "info" : level, message }), level };
}

/** On one line: JSON may have line ends between its parts. */
function isJsonObject(text: string): boolean {
  if (!text.startsWith("{") || /[\r\n]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
