/**
 * Requests and upgrades of every oddness from a seeded random source, one part at a time. Must not know sockets, nor what is
 * answered.
 */
import { pick, type Rng } from "../support/ocpp-samples.ts";
import type { Transport } from "../support/transports.ts";
import { below, chance, mutateBytes } from "./bytes.ts";
import { OWN, type Target, TARGETS, UNREGISTERED, WITNESSES } from "./targets.ts";

export interface Head {
  method: string;
  target: string;
  version: string;
  /** Whole lines, one character a byte. */
  lines: string[];
  body: string;
}

export const headText = ({ method, target, version, lines, body }: Head): string =>
  `${[`${method} ${target} ${version}`, ...lines].join("\r\n")}\r\n\r\n${body}`;

export const basicLine = (user: string, password: string): string =>
  `Authorization: Basic ${Buffer.from(`${user}:${password}`, "latin1").toString("base64")}`;

/** An upgrade as a station sends it, with the proof that it has. */
export function goodUpgrade({ id, password }: Target): Head {
  const lines = [
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: ocpp1.6",
    ...(password === null ? [] : [basicLine(id, password)]),
  ];
  return { method: "GET", target: `/ocpp/${encodeURIComponent(id)}`, version: "HTTP/1.1", lines, body: "" };
}

/** Whom one of the attackers' own stations gets in as on a transport; on `mtls` by its certificate. */
export const OWN_OVER: Record<Transport, readonly Target[]> = {
  http: OWN.filter(({ securityProfile }) => securityProfile < 2),
  tls: OWN.filter(({ securityProfile }) => securityProfile === 1 || securityProfile === 2),
  mtls: OWN.filter(({ securityProfile }) => securityProfile === 3),
};

/**
 * Of the upgrades for others: at 250 connections a second about what the limit of 100 attempts a minute would let through to each
 * witness, since it is off and each refusal of a known station is a row of its own.
 */
const WITNESSES_SHARE = 0.06;

/** For a station that is not the attacker's: with its own proof, with none, or with a guess. */
export function foreignUpgrade(rng: Rng): Head {
  const id = chance(rng, WITNESSES_SHARE) ? pick(rng, WITNESSES).id : pick(rng, [...OWN, { id: UNREGISTERED }]).id;
  const { id: own, password: ownPassword } = pick(rng, OWN);
  const password = pick(rng, [null, ownPassword, "", "a guess of 16 bytes"]);
  const user = pick(rng, [id, own]);
  const bare = goodUpgrade({ id, securityProfile: 0, password: null });
  return { ...bare, lines: [...bare.lines, ...(password === null ? [] : [basicLine(user, password)])] };
}

const PATHS =
  "/healthz /metrics /openapi.json /docs / /problems/forbidden /v1/stations /v1/stations/FUZZ-1 /v1/webhooks/a";

export function plainRequest(rng: Rng): Head {
  const method = pick(rng, ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]);
  const hasBody = method === "POST" || method === "PUT";
  const body = hasBody ? pick(rng, ["", "{}", '{"securityProfile":0}', "x".repeat(below(rng, 40_000))]) : "";
  const lines = ["Host: localhost", ...(hasBody ? [`Content-Length: ${body.length}`] : [])];
  return { method, target: pick(rng, PATHS.split(" ")), version: "HTTP/1.1", lines, body };
}

const METHODS = ["get", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PRI", "M-SEARCH", ""];
const VERSIONS = ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "HTTP/1", "RTSP/1.0", ""];

/** Headers by which somebody could speak for the edge, or that two readers read differently. */
const SPOKEN_FOR = [
  'MF-CF-Blob: {"tlsClientAuth":{"certPresented":"1","certVerified":"SUCCESS","certRevoked":"0","certSubjectDNRFC2253":"CN=WITNESS-3"}}',
  "MF-Original-URL: https://localhost/ocpp/WITNESS-3",
  "X-Kerbside-Front: 0",
  "X-Kerbside-Look: WITNESS-1",
  "X-Kerbside-Local: registry",
  "CF-Connecting-IP: 10.0.0.1",
  "X-Forwarded-Proto: https",
  "X-Forwarded-For: 10.0.0.1, 10.0.0.2",
  "Client-Cert: :MIIB:",
  "Forwarded: for=10.0.0.1;proto=https",
  "X-HTTP-Method-Override: DELETE",
  "Origin: https://evil.example",
  "Origin: null",
  "Expect: 100-continue",
  "Expect: 200-ok",
  "Connection: Authorization, Host",
  "Connection: close",
  "Connection: keep-alive, Upgrade",
  "Upgrade: h2c",
  "Upgrade: websocket, h2c",
  "HTTP2-Settings: AAMAAABkAAQAAP__",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits; server_max_window_bits=99",
  "Sec-WebSocket-Key: c2hvcnQ=",
  "Sec-WebSocket-Version: 8",
  "Sec-WebSocket-Protocol: ocpp2.0.1",
  "Proxy-Authorization: Basic QTpC",
  "Cookie: a=b; c=\x01",
];
const HOSTS = ["", "a b", "localhost.", "localhost:0", "localhost:99999", "[::1]", "evil.example", "a/b", "@", "\xff"];
const LENGTHS = ["0", "5", "-1", "+5", "0x5", "5, 5", "5, 6", "5;6", " 5 ", "99999999999999999999", "1e3", ""];
const CODINGS = [
  "chunked",
  "Chunked",
  "identity",
  "gzip, chunked",
  "chunked, chunked",
  "chunked;q=1",
  "xchunked",
  "\tchunked",
  "",
];
const CHUNKS = [
  "0\r\n\r\n",
  "5\r\nabcde\r\n0\r\n\r\n",
  "5\r\nab",
  "5;a=b\r\nabcde\r\n0\r\nX: y\r\n\r\n",
  "ffffffffffffffff\r\n",
  "-1\r\n",
  "5\nabcde\n0\n\n",
  "zz\r\n",
];
const PROTOCOLS = [
  "",
  ",",
  "ocpp1.6,",
  "ocpp9",
  "OCPP1.6",
  "ocpp2.0.1 , ocpp1.6",
  "ocpp1.6\t",
  "\x01",
  "ocpp1.6, ".repeat(400),
];

type Mutator = (head: Head, rng: Rng) => Head;

const targetPart: Mutator = (head, rng) => {
  const { target } = head;
  const at = below(rng, target.length + 1);
  const put = (text: string) => target.slice(0, at) + text + target.slice(at);
  const escaped = (text: string) => `%${text.charCodeAt(0).toString(16).padStart(2, "0")}`;
  const encoded = [...target].map((one) => (one !== "/" && chance(rng, 0.3) ? escaped(one) : one)).join("");
  const variants = [
    encoded,
    encodeURI(encoded),
    target.replaceAll("/", "\\"),
    `http://WITNESS-1/${target.slice(1)}`,
    `https://localhost${target}`,
    target.replace(
      "/ocpp/",
      pick(rng, ["/ocpp//", "/ocpp///", "/OCPP/", "/ocpp/./", "/ocpp/x/../", "/ocpp;a/", "//ocpp/"]),
    ),
    put(
      pick(rng, [
        "/",
        "/../",
        "/./",
        "%2f",
        "%2e%2e",
        "%00",
        "%",
        "%zz",
        "?",
        "#",
        ";",
        "\\",
        "\x00",
        "\x80",
        "\t",
        " ",
        ":",
      ]),
    ),
    `${target}${pick(rng, ["/", "?a=b", "#f", "?", "/..", "/csms", "/live", "%20", "x".repeat(20_000)])}`,
    pick(rng, ["*", "localhost:80", "", "ocpp/FUZZ-0", "http://", "http:///ocpp/FUZZ-0", "?", "//", "\\\\"]),
  ];
  return { ...head, target: pick(rng, variants) };
};

const linePart: Mutator = (head, rng) => {
  const lines = [...head.lines];
  const at = below(rng, lines.length);
  const line = lines[at] ?? "";
  const colon = line.indexOf(":");
  const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
  const variants: string[][] = [
    [],
    [line, line],
    [`${name} :${value}`],
    [` ${line}`],
    [`${name}:${value}\r\n \t${value}`],
    [`${name}:${value}\x00`],
    [`${name}:${value}${pick(rng, ["\x80", "\x7f", "\t", ",", ";", " "])}`],
    [`${name.toUpperCase()}:${value}`],
    [`${name.replace("-", "_")}:${value}`],
    [`${name}:`],
    [name],
    [`:${value}`],
    [`${name}:${value}\n${pick(rng, SPOKEN_FOR)}`],
    [`${name}:${value}${"x".repeat(pick(rng, [300, 5_000, 17_000]))}`],
    Array.from({ length: 150 }, (_, index) => `${name}-${index}:${value}`),
    [mutateBytes(Buffer.from(line, "latin1"), rng).toString("latin1")],
  ];
  lines.splice(at, 1, ...pick(rng, variants));
  return { ...head, lines };
};

const withLine = (head: Head, line: string, rng: Rng): Head => {
  const at = below(rng, head.lines.length + 1);
  return { ...head, lines: [...head.lines.slice(0, at), line, ...head.lines.slice(at)] };
};

const replaced = (head: Head, name: string, lines: string[]): Head => ({
  ...head,
  lines: [...head.lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`)), ...lines],
});

const bodyPart: Mutator = (head, rng) => {
  const lines = [
    ...(chance(rng, 0.6) ? [`Content-Length: ${pick(rng, LENGTHS)}`] : []),
    ...(chance(rng, 0.2) ? [`Content-Length: ${pick(rng, LENGTHS)}`] : []),
    ...(chance(rng, 0.6) ? [`Transfer-Encoding: ${pick(rng, CODINGS)}`] : []),
  ];
  const hidden = headText(goodUpgrade(pick(rng, OWN)));
  const body = pick(rng, [
    ...CHUNKS,
    "",
    "ab",
    "abcde",
    hidden,
    `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  ]);
  return { ...lines.reduce((made, line) => withLine(made, line, rng), replaced(head, "content-length", [])), body };
};

const credentialPart: Mutator = (head, rng) => {
  const own = pick(rng, OWN);
  const line = basicLine(pick(rng, TARGETS).id, own.password ?? "");
  const encoded = line.slice("Authorization: Basic ".length);
  const variants: string[][] = [
    [`Authorization: basic ${encoded}`],
    [`Authorization: Basic   ${encoded}  `],
    [`Authorization: Basic ${encoded.slice(0, below(rng, encoded.length))}`],
    [`Authorization: Basic ${mutateBytes(Buffer.from(encoded), rng).toString("latin1")}`],
    [`Authorization: Basic ${mutateBytes(Buffer.from(encoded, "base64"), rng).toString("base64")}`],
    [`Authorization: Basic ${encoded.replaceAll("+", "-").replaceAll("=", "")}`],
    [`Authorization: Bearer ${encoded}`],
    [`Authorization: Digest username="${own.id}"`],
    ["Authorization: Basic", "Authorization: Basic "],
    [line, basicLine("WITNESS-1", "")],
    [`Authorization: Basic ${encoded}, Basic ${encoded}`],
    [`Authorization: Basic ${"A".repeat(12_000)}`],
  ];
  return replaced(head, "authorization", pick(rng, variants));
};

const MUTATORS: readonly Mutator[] = [
  targetPart,
  targetPart,
  linePart,
  linePart,
  linePart,
  credentialPart,
  credentialPart,
  bodyPart,
  (head, rng) => ({ ...head, method: pick(rng, METHODS) }),
  (head, rng) => ({ ...head, version: pick(rng, VERSIONS) }),
  (head, rng) => withLine(head, pick(rng, SPOKEN_FOR), rng),
  (head, rng) => withLine(head, pick(rng, SPOKEN_FOR), rng),
  (head, rng) => replaced(head, "host", chance(rng, 0.3) ? [] : [`Host: ${pick(rng, HOSTS)}`]),
  (head, rng) =>
    replaced(
      head,
      "sec-websocket-protocol",
      chance(rng, 0.2) ? [] : [`Sec-WebSocket-Protocol: ${pick(rng, PROTOCOLS)}`],
    ),
  (head) => replaced(head, "connection", []),
];

export function mutatedHead(head: Head, rng: Rng): Head {
  let mutated = head;
  for (let left = 1 + below(rng, 2); left > 0; left--) mutated = pick(rng, MUTATORS)(mutated, rng);
  return mutated;
}
