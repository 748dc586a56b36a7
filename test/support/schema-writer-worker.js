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
  fetch: (request, env) => env.STATION.get(env.STATION.idFromName("OLD1")).fetch(request),
  queue() {},
};
