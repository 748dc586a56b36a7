/**
 * Loaded into a front or a bridge before its program: a leak on purpose, so many bytes of native memory for every connection to a
 * front, or that a bridge opens.
 * Must not know the program; no part of the product.
 */
import net from "node:net";
import tls from "node:tls";

const bytes = Number(process.env.SOAK_PLANT_BYTES);
const cohort = process.env.SOAK_PLANT_COHORT;
const isForTls = cohort !== "plain";
const kept: Buffer[] = [];
const { emit } = net.Server.prototype;
const { connect } = net.Socket.prototype;

/** Filled: untouched memory is not there yet. */
const leak = () => void kept.push(Buffer.allocUnsafeSlow(bytes).fill(1));

net.Server.prototype.emit = function (this: net.Server, event: string | symbol, ...rest: unknown[]) {
  const isPlanted = isForTls ? event === "secureConnection" : event === "connection" && !(this instanceof tls.Server);
  if (isPlanted) leak();
  return Reflect.apply(emit, this, [event, ...rest]);
};

if (cohort === "bridge") {
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    leak();
    return Reflect.apply(connect, this, args);
  };
}
