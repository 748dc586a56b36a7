/**
 * /v1/stations: registration, view, disconnection. Must not know how a station's object keeps them.
 */
import { forget, isRegistered, remember } from "../fleet/known-stations.ts";
import { audit } from "../fleet/audit.ts";
import type { AuditKind } from "../fleet/audit-entry.ts";
import type { Caller } from "../security/api-key.ts";
import type { ApiContext } from "./auth.ts";
import { stationIdOf } from "./body.ts";
import type { Handlers } from "./call.ts";
import { isNoNewcomer } from "./doorstep.ts";
import { registeredStation } from "./registered-station.ts";
import { problems, unknownStation } from "./problem.ts";
import { offlineView } from "./station-list.ts";
import { stationStub } from "../station-stub.ts";

/** What is answered under /v1/stations in the place of an identity. */
const RESERVED = ["summary"];

export const stationHandlers: Handlers<"putStation" | "getStation" | "deleteStation" | "disconnectStation"> = {
  async putStation({ c, key, body: read, reach }) {
    const id = stationIdOf(c);
    if (RESERVED.includes(id)) {
      const errors = [{ path: "id", message: "a path of the API under /v1/stations: nobody could read this station" }];
      throw problems.invalid("The request is not valid.", { errors });
    }
    const body = await read();
    if (body.assumeProtocol && body.protocols.length !== 1) {
      const errors = [{ path: "/assumeProtocol", message: "needs exactly one entry in protocols" }];
      throw problems.invalid("The request is not valid.", { errors });
    }
    const isNew = (await isRegistered(c.env.DIRECTORY, id, Date.now())) === false;
    // What is not valid wakes no object that is not there yet.
    if (isNew && body.password === undefined && [1, 2].includes(body.securityProfile)) throw passwordRequired();
    const registered = await stationStub(c.env, id, body.locationHint)
      .register({ ...body, ...(reach !== "all" && { within: reach }) })
      .catch(unanswered(c, key, "station.changed"));
    if (registered === "password-required") throw passwordRequired();
    if (registered === "outside") throw unknownStation();
    if (registered === "no-directory") {
      audit(c.env, key.name, { kind: "station.changed", stationId: id, outcome: "unknown" });
      const headers = { "Retry-After": "5" };
      throw problems.unavailable("The registration could not be listed. Try again.", { headers });
    }
    // Every refusal is answered above; an object of a newer release may know another.
    if (typeof registered === "string") throw problems.unavailable("The registration was not taken. Try again later.");
    remember(id, Date.now());
    isNoNewcomer(id);
    const { created, changed, registration: view, password: generated } = registered;
    if (created) audit(c.env, key.name, { kind: "station.registered", stationId: id });
    else if (changed?.length !== 0)
      audit(c.env, key.name, { kind: "station.changed", stationId: id, ...(changed !== undefined && { changed }) });
    return c.json({ ...view, ...(generated !== undefined && { password: generated }) }, created ? 201 : 200);
  },

  async getStation({ c }) {
    const view = await (await registeredStation(c)).describe();
    if (view === null) throw unknownStation();
    return c.json(view.online ? view : { ...view, ...(await offlineView(c, view)) });
  },

  async deleteStation({ c, key }) {
    const station = await registeredStation(c);
    const isEnded = await station.deregister().catch(unanswered(c, key, "station.deregistered"));
    const stationId = stationIdOf(c);
    forget(stationId);
    if (!isEnded) throw unknownStation();
    audit(c.env, key.name, { kind: "station.deregistered", stationId });
    return c.body(null, 204);
  },

  async disconnectStation({ c, key }) {
    const station = await registeredStation(c);
    if (!(await station.disconnect().catch(unanswered(c, key, "station.disconnected")))) throw unknownStation();
    audit(c.env, key.name, { kind: "station.disconnected", stationId: stationIdOf(c) });
    return c.body(null, 204);
  },
};

/** What the object did not answer may be done all the same. */
const unanswered =
  (c: ApiContext, { name }: Caller, kind: AuditKind) =>
  (error: unknown): never => {
    audit(c.env, name, { kind, stationId: stationIdOf(c), outcome: "unknown" });
    throw error;
  };

const passwordRequired = () =>
  problems.invalid("The request is not valid.", {
    errors: [{ path: "/password", message: "required for security profiles 1 and 2" }],
  });
