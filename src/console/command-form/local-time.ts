/**
 * Times as whoever fills in a form reads them, and as they are sent: in UTC. Must not know which field they are of.
 */

const two = (value: number): string => String(value).padStart(2, "0");

/** What `<input type="datetime-local">` shows of a time that is sent; "": it is none. */
export function localInput(sent: string): string {
  const time = new Date(sent);
  if (Number.isNaN(time.getTime())) return "";
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** What is sent for what such an input holds; `null`: no time. */
export function sentTime(local: string): string | null {
  // Without a zone it is the reader's [ECMA-262, Date Time String Format].
  const time = local === "" ? Number.NaN : new Date(local).getTime();
  return Number.isNaN(time) ? null : new Date(time).toISOString().replace(".000Z", "Z");
}
