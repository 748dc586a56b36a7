/**
 * A Charging Station as it stands in the field, on ocpp-rpc: it keeps what it was told over its starts, connects as that says, and comes
 * back by itself. Must not know what a test expects of it.
 */
import { RPCClient } from "ocpp-rpc";
import type { Kerbside } from "./kerbside.ts";
import { certificateRequest } from "./certificate-requests.ts";
import { portOf, type Transport } from "./transports.ts";

// biome-ignore lint/suspicious/noExplicitAny: payloads of any shape
type Payload = any;

/** ms between two attempts to connect. */
const AGAIN_MS = 60;
const TRANSPORTS: Record<number, Transport> = { 0: "http", 1: "http", 2: "tls", 3: "mtls" };

export interface FieldOptions {
  protocol?: "ocpp1.6" | "ocpp2.0.1" | "ocpp2.1";
  profile?: 0 | 1 | 2 | 3;
  password?: string;
  /** [MicroOcpp] A password or a profile counts after the next start alone. */
  takesReboot?: boolean;
  /** That it shows on profile 3. */
  key?: { cert: string; key: string };
  /** Makes a request of its own, and connects anew by the certificate that it gets for that. */
  makesRequests?: boolean;
}

/** What one of its own settings is; those of MicroOcpp come into force when it starts. */
interface Settings {
  password: string | undefined;
  profile: number;
  /** [2.x] Of its network profiles. */
  priority: string;
  key?: { cert: string; key: string };
}

export class FieldStation {
  readonly id: string;
  readonly protocol: string;
  /** Actions that it was asked, in their order, over all its connections. */
  readonly asked: string[] = [];
  /** In place of its own answer; a thrown error is a CALLERROR, `undefined` its own answer. */
  answer: (action: string, payload: Payload) => Payload = () => undefined;
  /** Awaited before it answers: what happens between a step and the next. */
  before: (action: string) => Promise<unknown> = async () => {};
  /** The certificate and key that it makes its request with. */
  newKey: { cert: string; key: string } | undefined;
  /** What it showed, and what came of it, where it was not let in. */
  readonly refusals: string[] = [];
  /** That it connected with last. */
  profile: number;
  readonly #kerbside: Kerbside;
  readonly #takesReboot: boolean;
  #now: Settings;
  #next: Settings;
  #slots = new Map<string, { profile: number; url: string }>();
  root: string | undefined;
  #client: RPCClient | null = null;
  #isStopped = false;
  #starts = 0;
  #isOff = false;
  #running: Promise<void> | null = null;
  readonly #makesRequests: boolean;
  /** Of its last request, PEM. */
  #requestKey: string | undefined;
  /** What it was answered last. */
  signed: Payload;

  constructor(kerbside: Kerbside, id: string, options: FieldOptions = {}) {
    const { protocol = "ocpp1.6", profile = 1, password, takesReboot = false, key, makesRequests = false } = options;
    this.#kerbside = kerbside;
    this.id = id;
    this.protocol = protocol;
    this.#takesReboot = takesReboot;
    this.#makesRequests = makesRequests;
    this.#now = { password, profile, priority: "0", ...(key !== undefined && { key }) };
    this.profile = profile;
    this.#next = this.#now;
  }

  /** Connects, and again whenever it is off; resolves once it is on for the first time. */
  async start(): Promise<this> {
    const first = Promise.withResolvers<void>();
    this.#running = this.#run(() => first.resolve());
    await first.promise;
    return this;
  }

  get priority(): string {
    return this.#next.priority;
  }
  get password(): string | undefined {
    return this.#now.password;
  }
  get isOn(): boolean {
    return this.#client?.state === 1;
  }

  /** As if its cable were pulled; it comes back by itself. */
  drop(): void {
    this.#client?.removeAllListeners("protocol");
    // biome-ignore lint/suspicious/noExplicitAny: it has no way of its own to break
    (this.#client as any)?._ws?.terminate();
  }

  /** Stays away until it is on again. */
  off(): void {
    this.#isOff = true;
    this.drop();
  }
  on(): void {
    this.#isOff = false;
  }

  /** What it was told comes into force. */
  reboot(): void {
    this.#starts++;
    this.#now = this.#next;
    this.drop();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.drop();
    await this.#running;
  }

  async #run(isOn: () => void): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#isOff) await this.#connect(isOn);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  async #connect(isOn: () => void): Promise<void> {
    const starts = this.#starts;
    const [first = "", ...others] = this.#now.priority.split(",");
    const slot = this.#slots.get(first);
    const profile = slot?.profile ?? this.#now.profile;
    const { password, key } = this.#now;
    const transport = TRANSPORTS[profile] as Transport;
    const scheme = transport === "http" ? "ws" : "wss";
    const options = {
      endpoint: slot?.url ?? `${scheme}://localhost:${portOf(this.#kerbside, transport)}/ocpp`,
      identity: this.id,
      protocols: [this.protocol],
      reconnect: false,
      ...(password !== undefined && (profile === 1 || profile === 2) && { password }),
      wsOpts: { ca: this.root ?? this.#kerbside.edge.pki.rootPem, ...(profile === 3 && key) },
    };
    // Its types ask for every option, though each has a default.
    const client = new RPCClient(options as unknown as ConstructorParameters<typeof RPCClient>[0]);
    client.handle(({ method = "", params }) => this.#called(method, params));
    try {
      await client.connect();
    } catch (error) {
      // Nobody is there who could refuse it, or who can tell: it asks again, there.
      if (isNobodyThere(error as Error & { code?: unknown })) return;
      this.refusals.push(`${profile}: ${String(error)}`);
      // [2.x B10] A network profile that does not work gives way to the next.
      this.#now = { ...this.#now, priority: [...others, first].join(",") };
      return;
    }
    this.#client = client;
    // A socket that breaks while it is answered on leaves ocpp-rpc waiting: its own end is what counts.
    // biome-ignore lint/suspicious/noExplicitAny: it shows no socket
    const socket = (client as any)._ws;
    const closed = new Promise<void>((resolve) => (socket?.readyState === 1 ? socket.on("close", resolve) : resolve()));
    this.profile = profile;
    // It started again meanwhile.
    if (starts !== this.#starts || this.#isStopped || this.#isOff) this.drop();
    const boot =
      this.protocol === "ocpp1.6"
        ? { chargePointVendor: "Kerbside", chargePointModel: "Field" }
        : { reason: "PowerUp", chargingStation: { vendorName: "Kerbside", model: "Field" } };
    const booted = client.call("BootNotification", boot).catch(() => {});
    await Promise.race([booted.then(isOn), closed]);
    await closed;
    this.#client = null;
  }

  async #called(action: string, payload: Payload): Promise<Payload> {
    this.asked.push(action);
    await this.before(action);
    const given = this.answer(action, payload);
    if (given !== undefined) return given;
    const set = (change: Partial<Settings>) => {
      this.#next = { ...this.#next, ...change };
      if (!this.#takesReboot && change.profile === undefined) this.#now = { ...this.#now, ...change };
      return this.#takesReboot ? "RebootRequired" : "Accepted";
    };
    switch (action) {
      case "ChangeConfiguration":
        if (payload.key === "AuthorizationKey") return { status: set({ password: payload.value }) };
        return { status: payload.key === "SecurityProfile" ? set({ profile: Number(payload.value) }) : "NotSupported" };
      case "SetVariables": {
        const [{ component, variable, attributeValue }] = payload.setVariableData;
        let attributeStatus = "Accepted";
        if (variable.name === "BasicAuthPassword") attributeStatus = set({ password: attributeValue });
        else attributeStatus = set({ priority: attributeValue });
        return { setVariableResult: [{ attributeStatus, component, variable }] };
      }
      case "GetVariables": {
        const [{ component, variable }] = payload.getVariableData;
        return {
          getVariableResult: [
            { attributeStatus: "Accepted", attributeValue: this.#next.priority, component, variable },
          ],
        };
      }
      case "SetNetworkProfile": {
        const { ocppCsmsUrl: url, securityProfile: profile } = payload.connectionData;
        this.#slots.set(String(payload.configurationSlot), { profile, url });
        return { status: "Accepted" };
      }
      case "InstallCertificate":
        this.root = payload.certificate;
        return { status: "Accepted" };
      case "CertificateSigned":
        // Its leaf alone, as it came.
        if (this.#requestKey !== undefined) {
          set({ key: { cert: payload.certificateChain, key: this.#requestKey } });
          setTimeout(() => this.drop(), 5);
        } else if (this.newKey !== undefined) set({ key: { cert: payload.certificateChain, key: this.newKey.key } });
        return { status: "Accepted" };
      case "ExtendedTriggerMessage":
      case "TriggerMessage":
        if (/^SignCharg/.test(payload.requestedMessage)) setTimeout(() => void this.#sign().catch(() => {}), 5);
        return { status: "Accepted" };
      case "Reset":
        setTimeout(() => this.reboot(), 5);
        return { status: "Accepted" };
      default:
        return { status: "Accepted" };
    }
  }

  /** What the request says nobody here reads, unless the station makes its own: the CSMS of a test issues for the station's key. */
  async #sign(): Promise<void> {
    if (this.#makesRequests) {
      const { csr, key } = await certificateRequest(this.id);
      await this.request(csr, key);
    } else await this.request("-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n");
  }

  call(action: string, payload: Payload): Promise<Payload> {
    return this.#client?.call(action, payload) ?? Promise.reject(new Error("it is off"));
  }

  /** Asks for a certificate. @param more of the CALL's payload */
  async request(csr: string, key?: string, more: object = {}): Promise<Payload> {
    if (key !== undefined) this.#requestKey = key;
    this.signed = await this.#client?.call("SignCertificate", { csr, ...more });
    return this.signed;
  }
}

const isNobodyThere = ({ code, message }: Error & { code?: unknown }): boolean =>
  code === 503 || code === "ECONNREFUSED" || code === "ECONNRESET" || message === "socket hang up";
