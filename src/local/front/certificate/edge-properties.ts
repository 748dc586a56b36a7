/**
 * `request.cf` of a connection, as the edge would fill it, ready to be sent. Must not know requests.
 */
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type ClientHandshake, clientHandshakeOf, type KnownIssuers, knownIssuersOf } from "./client-handshake.ts";
import { NO_CLIENT_CERTIFICATE, type Revocations, tlsClientAuthOf } from "./client-certificate.ts";

/** The edge names TLS 1.3's ciphers as BoringSSL does. */
const TLS_1_3_CIPHERS: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: "AEAD-AES128-GCM-SHA256",
  TLS_AES_256_GCM_SHA384: "AEAD-AES256-GCM-SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "AEAD-CHACHA20-POLY1305-SHA256",
};

export class EdgeProperties {
  readonly #revocations: Revocations | undefined;
  /** The root, then the CAs below it: a station may send its leaf alone. */
  readonly #known: KnownIssuers;
  readonly #handshakes = new WeakMap<Socket, ClientHandshake | null>();

  /** @param clientCertificates left out: the front asks for none */
  constructor(clientCertificates?: { rootPem: string; revocations: Revocations; intermediates: readonly string[] }) {
    this.#revocations = clientCertificates?.revocations;
    const pems =
      clientCertificates === undefined ? [] : [clientCertificates.rootPem, ...clientCertificates.intermediates];
    this.#known = knownIssuersOf(pems.map((pem) => new X509Certificate(pem)));
  }

  /** Called once a connection, when its handshake is over. @throws where the certificate cannot be read */
  handshaken(socket: TLSSocket): void {
    if (this.#revocations !== undefined) this.#handshakes.set(socket, clientHandshakeOf(socket, this.#known));
  }

  of(socket: Socket, httpVersion: string): string {
    if (!(socket instanceof TLSSocket)) return propertiesText(httpVersion, "", "", NO_CLIENT_CERTIFICATE);
    const cipher = socket.getCipher().name;
    const auth = this.#authOf(socket);
    return propertiesText(httpVersion, socket.getProtocol() ?? "", TLS_1_3_CIPHERS[cipher] ?? cipher, auth);
  }

  /** An upgraded connection brings no further request: what it proved would only take up memory. */
  forget(socket: Socket): void {
    this.#handshakes.delete(socket);
  }

  #authOf(socket: Socket): object {
    const handshake = this.#handshakes.get(socket) ?? null;
    if (this.#revocations === undefined || handshake === null) return NO_CLIENT_CERTIFICATE;
    return tlsClientAuthOf(handshake, this.#revocations);
  }
}

function propertiesText(httpVersion: string, tlsVersion: string, tlsCipher: string, tlsClientAuth: object): string {
  return JSON.stringify({ httpProtocol: `HTTP/${httpVersion}`, tlsVersion, tlsCipher, tlsClientAuth });
}
