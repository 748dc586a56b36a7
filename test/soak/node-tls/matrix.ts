/**
 * Runs the arms of the matrix side by side, round by round, and gives each one's samples. Must not know what they mean.
 */
import { createSecureContext } from "node:tls";
import { Random } from "../../../src/simulator/station/random.ts";
import type { Arm, Load } from "./arguments.ts";
import { connectMany, type Target } from "./connections.ts";
import type { Identities } from "./identities.ts";
import type { NodeRelease } from "./node-release.ts";
import { type Memory, startServer, type TlsServer } from "./server-process.ts";

export interface ArmSamples {
  arm: Arm;
  /** As published. */
  version: string;
  /** What the binary calls itself. */
  reported: string;
  /** The first one before any connection. */
  samples: { connections: number; memory: Memory }[];
}

interface Running {
  server: TlsServer;
  target: Target;
  found: ArmSamples;
}

/** Arms share each round, in a new order, so that whatever the machine does besides touches all of them. */
export async function runMatrix(
  arms: readonly { arm: Arm; release: NodeRelease }[],
  load: Load,
  identities: Identities,
  progress: (line: string) => void,
): Promise<ArmSamples[]> {
  const running: Running[] = [];
  try {
    for (const { arm, release } of arms) {
      const server = await startServer(release.binary, arm, identities);
      const found = { arm, version: release.version, reported: server.node, samples: [] };
      running.push({ server, target: { port: server.port, secureContext: secureContextOf(arm, identities) }, found });
    }
    const random = new Random(load.seed);
    for (let round = 0; round <= load.rounds; round++) {
      for (const each of shuffled(running, random)) {
        if (round > 0) await connectMany(each.target, load.connections);
        each.found.samples.push({ connections: round * load.connections, memory: await each.server.measure() });
      }
      if (round > 0 && (round % 5 === 0 || round === load.rounds)) progress(`round ${round} of ${load.rounds}`);
    }
    return running.map(({ found }) => found);
  } finally {
    await Promise.all(running.map(({ server }) => server.end()));
  }
}

export function secureContextOf(arm: Pick<Arm, "tls" | "mtls" | "issuers">, identities: Identities) {
  const version = `TLSv${arm.tls}` as const;
  return createSecureContext({
    ca: identities.rootPem,
    ...{ minVersion: version, maxVersion: version },
    ...(arm.mtls && { key: identities.clientKey, cert: identities.clientCert[arm.issuers] }),
  });
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.integer(0, last);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
