/**
 * Changes of wrangler.toml that leave the rest of the file as it is, comments too. Must not know why they are made.
 */

const ROUTES = /^(?:# )?routes = \[\n(?:(?:# )? {2}.*\n)*(?:# )?\]\n/m;
const DATABASE_ID = /^database_id = ".*"$/m;
const MTLS_HOSTS = /^MTLS_HOSTS = ".*"$/m;

/** @throws where the file has no such line: it would be written in vain */
function replaced(text: string, what: RegExp, line: string, name: string): string {
  if (!what.test(text))
    throw new Error(`the configuration has no line for ${name} that could be changed: write it by hand as ${line}`);
  // Not as a pattern: a host may not have a $, but who knows the rest.
  return text.replace(what, () => line);
}

export const withDatabaseId = (text: string, id: string): string =>
  replaced(text, DATABASE_ID, `database_id = "${id}"`, "database_id");

export function withHosts(text: string, hosts: readonly string[], mtlsHosts: readonly string[]): string {
  const lines = [...hosts, ...mtlsHosts].map((host) => `  { pattern = "${host}", custom_domain = true },\n`);
  const routed = replaced(text, ROUTES, `routes = [\n${lines.join("")}]\n`, "routes");
  return replaced(routed, MTLS_HOSTS, `MTLS_HOSTS = "${mtlsHosts.join(", ")}"`, "MTLS_HOSTS");
}
