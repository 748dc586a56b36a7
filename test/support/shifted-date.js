/**
 * `Date` of an isolate and the alarms of its objects, both off by an offset. Must not know who sets it.
 */
const { now } = Date;
let offsetMs = 0;

Date.now = () => now() + offsetMs;
globalThis.Date = new Proxy(Date, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, made),
});

export function shiftClock(ms) {
  offsetMs = ms;
}

const shifted = new WeakSet();

/** Alarms are set by the shifted clock and kept by the real one. */
export function shiftAlarms(storage) {
  if (shifted.has(storage)) return;
  shifted.add(storage);
  const setAlarm = storage.setAlarm.bind(storage);
  const getAlarm = storage.getAlarm.bind(storage);
  storage.setAlarm = (at, options) => setAlarm(Number(at) - offsetMs, options);
  storage.getAlarm = async (options) => {
    const at = await getAlarm(options);
    return at === null ? null : at + offsetMs;
  };
}
