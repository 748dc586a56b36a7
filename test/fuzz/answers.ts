/**
 * What came back on a connection, read as HTTP/1.1, and what is wrong with it by the contract. Must not know what was asked.
 */

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface Answers {
  answers: HttpAnswer[];
  /** Bytes that are no part of an answer, nor of what follows a 101. */
  rest: string;
}

const HEAD = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/;

/** @param isOver the other side closed: a body without a length ends there */
export function readAnswers(received: Buffer, isOver: boolean): Answers {
  const answers: HttpAnswer[] = [];
  let text = received.toString("latin1");
  for (let match = HEAD.exec(text); match !== null; match = HEAD.exec(text)) {
    const status = Number(match[1]);
    const lines = (match[2] ?? "").split("\r\n").filter(Boolean);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const behind = text.slice(match[0].length);
    if (status === 101) return { answers: [...answers, { status, headers, body: "" }], rest: "" };
    const length = bodyLength(headers, status, behind, isOver);
    if (length === null) break;
    if (status >= 200) answers.push({ status, headers, body: bodyOf(headers, behind.slice(0, length)) });
    text = behind.slice(length);
  }
  return { answers, rest: text };
}

/** `null`: it is not there as a whole. */
function bodyLength(headers: Record<string, string>, status: number, behind: string, isOver: boolean): number | null {
  // The answer to a HEAD tells the length of a body that does not come.
  if (status < 200 || status === 204 || status === 304 || /^HTTP\/1\.1 \d{3} /.test(behind)) return 0;
  if (headers["transfer-encoding"] !== undefined) {
    const end = /(?:^|\r\n)0\r\n\r\n/.exec(behind);
    if (end !== null) return end.index + end[0].length;
  } else if (headers["content-length"] !== undefined) {
    const length = Number(headers["content-length"]);
    if (behind.length >= length) return length;
  } else if (isOver) return behind.length;
  return isOver && behind === "" ? 0 : null;
}

function bodyOf(headers: Record<string, string>, raw: string): string {
  if (headers["transfer-encoding"] === undefined) return raw;
  let body = "";
  for (let rest = raw; ; ) {
    const [line = ""] = rest.split("\r\n", 1);
    const size = Number.parseInt(line, 16);
    if (!(size > 0)) return body;
    body += rest.slice(line.length + 2, line.length + 2 + size);
    rest = rest.slice(line.length + 2 + size + 2);
  }
}

/** What is wrong with one answer; `null`: nothing. */
export function faultOf({ status, headers, body }: HttpAnswer): string | null {
  if (status < 400) return null;
  if (status === 500 || status === 502) return `${status}`;
  if (headers["content-type"] !== "application/problem+json") return `${status} of type ${headers["content-type"]}`;
  if (headers["x-request-id"] === undefined) return `${status} without X-Request-Id`;
  // That of a HEAD has none.
  if (body === "") return null;
  try {
    const problem = JSON.parse(body) as Record<string, unknown>;
    return problem.status === status && /^\/problems\/[a-z-]+$/.test(String(problem.type))
      ? null
      : `${status}: ${body}`;
  } catch {
    return `${status} with a body that is no JSON`;
  }
}
