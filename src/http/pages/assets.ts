/**
 * The files that are served as they are: the description of the API and its pages, the console. Must not know what is in them; takes
 * nothing from anywhere else, and lets no page load anything from there.
 */
import type { Env } from "../../env.ts";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};

/** [CSP 3] Nothing but this origin's own, and no page may be put into another's. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Names of files that a build makes anew, with a digest in them, whenever what is in them changes. */
const DIGESTED = /-[A-Za-z0-9_-]{8,}\.\w+$/;

/** A path of plain names alone: nothing that another server might read as another path. */
const PLAIN = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/;

/** @param path of the page, as it was asked for. `null`: there is no such file */
export async function assetOf(env: Env, method: string, path: string): Promise<Response | null> {
  if (env.ASSETS === undefined || (method !== "GET" && method !== "HEAD")) return null;
  const file = fileOf(path);
  if (file === null) return null;
  const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
  const found = type === undefined ? null : await env.ASSETS.fetch(new URL(file, "https://assets"));
  if (type === undefined || found === null) return null;
  if (found.status !== 200) {
    await found.body?.cancel();
    return null;
  }
  const headers = {
    "content-type": type,
    "Cache-Control": DIGESTED.test(file) ? "public, max-age=31536000, immutable" : "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
  };
  return new Response(method === "HEAD" ? null : found.body, { headers });
}

/** A page has its name without an ending; the console's are one page, which reads the rest of its path itself. */
function fileOf(path: string): string | null {
  if (path === "/") return "/index.html";
  if (path === "/docs" || path === "/docs/") return "/docs/index.html";
  return PLAIN.test(path) && path.includes(".") ? path : null;
}
