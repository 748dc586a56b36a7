/**
 * A real Chromium out of npm packages alone, and what a page of the edge did in it. Must not know what a test expects.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";

/** Nothing of it leaves this machine, and nothing of it is of another test. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What the package has is for this alone. */
export const HAS_BROWSER = process.platform === "linux" && process.arch === "x64";

const modules = resolve(import.meta.dirname, "../../node_modules");
const VERSION = "153.0.0";

/** Unpacked once, to a place of its own and there with one rename: several test files may ask at once. */
function unpacked(): string {
  const place = join(modules, ".cache", `chromium-${VERSION}`);
  if (existsSync(place)) return place;
  mkdirSync(join(modules, ".cache"), { recursive: true });
  const making = mkdtempSync(join(modules, ".cache/making-"));
  const script = `import { inflate } from "@sparticuz/chromium";
    for (const name of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"])
      await inflate(${JSON.stringify(join(modules, "@sparticuz/chromium/bin"))} + "/" + name);`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: join(modules, ".."),
    env: { ...process.env, TMPDIR: making },
  });
  // The package's own names folders that it would unpack to elsewhere: without a font Chromium ends where it would draw text.
  writeFileSync(
    join(making, "fonts/fonts.conf"),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${join(place, "fonts/fonts")}</dir><cachedir>${join(place, "fonts/cache")}</cachedir></fontconfig>
`,
  );
  try {
    renameSync(making, place);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;
}

export class Browser {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async start(): Promise<Browser> {
    const place = unpacked();
    const profile = mkdtempSync(join(tmpdir(), "kerbside-browser-"));
    // A bare machine has neither the libraries nor a font.
    const libraries = [process.env.LD_LIBRARY_PATH, join(place, "al2023/lib")].filter(Boolean).join(":");
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: join(place, "chromium"),
      args: ARGUMENTS,
      headless: true,
      viewport: { width: 1280, height: 900 },
      env: { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(place, "fonts"), HOME: profile },
    });
    return new Browser(context, profile);
  }

  async open(url: string): Promise<Watched> {
    const page = await this.context.newPage();
    const watched = new Watched(page);
    // A violation that a script caught says nothing in the console.
    await page.addInitScript(
      `addEventListener("securitypolicyviolation", (event) =>
        console.error("forbidden: " + event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile));`,
    );
    await page.goto(url);
    return watched;
  }

  async stop(): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }
}

/** A page, and all that it asked for and complained of. */
export class Watched {
  readonly page: Page;
  readonly requests: string[] = [];
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("request", (request) => this.requests.push(request.url()));
    page.on("websocket", (socket) => this.requests.push(socket.url()));
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
  }

  /** Of those that leave for another host. */
  abroad(origin: string): string[] {
    return this.requests.filter(
      (url) => !url.replace(/^ws/, "http").startsWith(`${origin}/`) && !/^(?:data|blob):/.test(url),
    );
  }
}
