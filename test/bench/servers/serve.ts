/**
 * What every server of the comparison has in common: it says where it listens, and ends with who started it.
 * Must not know what it serves.
 */

export interface Served {
  port: number;
  apiKey: string;
}

/** The first line on stdout; an end of stdin is the end of the measuring process, however that came. */
export function serve(where: Served, stop: () => Promise<unknown> | undefined): void {
  const end = async () => {
    await stop();
    process.exit(0);
  };
  process.stdin.resume().once("end", () => void end());
  process.on("SIGINT", () => {});
  process.stdout.write(`${JSON.stringify(where)}\n`);
}

/** The station that a request for a command names; `null`: it is no such request. */
export function commandedStation(url: string | undefined): string | null {
  return /^\/v1\/stations\/([^/]+)\/commands$/.exec(url ?? "")?.[1] ?? null;
}
