/**
 * The Worker with objects that count the alarms they set, the one row SQLite's own count leaves out, and tell the next. Must
 * not change what they do.
 */
import { ChargingStation as Real } from "../../src/worker.ts";

export { default, WebhookRegistry } from "../../src/worker.ts";

export class ChargingStation extends Real {
  #alarmsSet = 0;

  constructor(ctx, env) {
    super(ctx, env);
    const { storage } = ctx;
    const setAlarm = storage.setAlarm.bind(storage);
    storage.setAlarm = (...given) => {
      this.#alarmsSet++;
      return setAlarm(...given);
    };
  }

  async describe() {
    const view = await super.describe();
    const alarmAt = await this.ctx.storage.getAlarm();
    return view && { ...view, storage: { ...view.storage, alarmsSet: this.#alarmsSet, alarmAt } };
  }
}
