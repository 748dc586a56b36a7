/**
 * The hosts of a deployment: as they are given, as its file has them, or as somebody types them. Must not know what is served there.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type DeployOptions, isHost } from "./arguments.ts";
import { withHosts } from "./settings-file.ts";
import { Stop } from "./stop.ts";
import type { Configured } from "./wrangler.ts";

export interface Hosts {
  hosts: string[];
  mtlsHosts: string[];
}

interface Person {
  /** `null`: nobody is there to answer. */
  ask(question: string): Promise<string | null>;
  say(line: string): void;
  /** Read anew: steps write it. */
  configured(path: string): Configured;
}

/** Times that one question is put to somebody who mistypes. */
const ATTEMPTS_MAX = 3;
const OWN = "client certificates need a host of their own: one cannot serve profiles 2 and 3";

/** Those that are given take the place of those that the file has. */
export async function chooseHosts({ config, hosts, mtlsHost }: DeployOptions, person: Person): Promise<Hosts> {
  const known = hostsOf(person.configured(config));
  if (hosts === null && mtlsHost === null && known.hosts.length > 0) {
    person.say(`hosts: ${[...known.hosts, ...known.mtlsHosts].join(", ")}, as ${config} has them`);
    return known;
  }
  const isAsked = hosts === null && known.hosts.length === 0;
  const chosen: Hosts = {
    hosts:
      hosts ??
      (isAsked ? await askHost(person, "The host of stations and backends, as ocpp.example.com", []) : known.hosts),
    mtlsHosts: mtlsHost === null ? known.mtlsHosts : [mtlsHost],
  };
  if (chosen.hosts.length === 0) throw new Stop("a host is needed: --host ocpp.example.com, in a zone of your account");
  if (isAsked && chosen.mtlsHosts.length === 0)
    chosen.mtlsHosts = await askHost(person, "The host of stations with client certificates, or nothing", chosen.hosts);
  if (chosen.mtlsHosts.some((host) => chosen.hosts.includes(host))) throw new Stop(OWN);
  writeFileSync(config, withHosts(readFileSync(config, "utf8"), chosen.hosts, chosen.mtlsHosts));
  person.say(`hosts: ${[...chosen.hosts, ...chosen.mtlsHosts].join(", ")}, written to ${config}`);
  return chosen;
}

function hostsOf({ routes = [], vars }: Configured): Hosts {
  const mtlsHosts = String(vars.MTLS_HOSTS ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  const routed = routes.map((route) => (typeof route === "string" ? route : route.pattern));
  return { hosts: routed.filter((host) => !mtlsHosts.includes(host)), mtlsHosts };
}

/** None, where nothing was typed or nobody is there. @throws Stop what is no host must not get into the file */
async function askHost({ ask, say }: Person, question: string, others: readonly string[]): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    const answer = (await ask(question))?.trim().toLowerCase() ?? "";
    if (answer === "") return [];
    const isOther = others.includes(answer);
    if (isHost(answer) && !isOther) return [answer];
    const fault = isOther ? OWN : `it must be a host as ocpp.example.com, not ${JSON.stringify(answer)}`;
    if (attempt === ATTEMPTS_MAX) throw new Stop(fault);
    say(fault);
  }
}
