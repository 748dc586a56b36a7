/**
 * Loaded into a front before its program: a leak on purpose, so many bytes of native memory for every connection to it.
 * Must not know the program; no part of the product.
 */
import net from "node:net";
import tls from "node:tls";

const bytes = Number(process.env.SOAK_PLANT_BYTES);
const isForTls = process.env.SOAK_PLANT_COHORT !== "plain";
const kept: Buffer[] = [];
const { emit } = net.Server.prototype;

net.Server.prototype.emit = function (this: net.Server, event: string | symbol, ...rest: unknown[]) {
  const isPlanted = isForTls ? event === "secureConnection" : event === "connection" && !(this instanceof tls.Server);
  // Filled: untouched memory is not there yet.
  if (isPlanted) kept.push(Buffer.allocUnsafeSlow(bytes).fill(1));
  return Reflect.apply(emit, this, [event, ...rest]);
};
