/**
 * What is used of itty-durable, by its types: a document that is kept, its methods called by name, and nothing else of it. Must not know
 * what the document says.
 */
import { createDurable } from "itty-durable/itty-durable.js";
import { proxyDurable } from "itty-durable/proxy-durable.js";

/** Every enumerable field but `state` is the document. */
export interface IttyObject {
  readonly state: { storage: DurableObjectStorage; id: DurableObjectId; initialized: boolean };
  /** Once an object: until then its fields are what the class says, whatever was kept. */
  loadFromStorage(): Promise<void>;
  persist(): Promise<void>;
}

/** Without `autoPersist`, which writes the whole document at each call, be it a read, and waits for nothing. */
const Made = createDurable() as unknown as new (state: DurableObjectState, bindings: object) => IttyObject;

/** No binding is handed over: it would call each by `idFromName` to see what it is, a service binding too. */
export class IttyDocument extends Made {
  constructor(state: DurableObjectState) {
    super(state, {});
  }
}

/** One stub each time; its methods alone, since it would take `then` for one of them and call it. */
export function ittyStub<Of>(namespace: DurableObjectNamespace, name: string, methods: readonly (keyof Of)[]): Of {
  const stub = proxyDurable(namespace, { parse: true }).get(name) as Record<keyof Of, (...given: unknown[]) => unknown>;
  return Object.fromEntries(methods.map((method) => [method, (...given: unknown[]) => stub[method](...given)])) as Of;
}
