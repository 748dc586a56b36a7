// Writes a database of an earlier release into a station's object, which the real Worker then wakes.
import { DurableObject } from "cloudflare:workers";

export class ChargingStation extends DurableObject {
  fetch() {
    this.ctx.storage.sql.exec(this.env.SCHEMA_SQL);
    return new Response("written");
  }
}

export class WebhookRegistry extends DurableObject {}

export default {
  async fetch(request, env) {
    // As the first release listed it.
    await env.DIRECTORY.prepare(
      "INSERT INTO stations (station_id, at, sequence, deregistered, registered_profile, labels, online, protocol, security_profile, vendor, model, undelivered, incarnation, revision) VALUES ('OLD1', 1795000000000, 3, 0, 0, '{}', 1, 'ocpp1.6', 0, 'Old', 'One', 0, '', 0)",
    ).run();
    return env.STATION.get(env.STATION.idFromName("OLD1")).fetch(request);
  },
  queue() {},
};
