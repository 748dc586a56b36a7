/**
 * `request.cf` of a connection, as the edge would fill it, ready to be sent. Must not know requests.
 */
import { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { NO_CLIENT_CERTIFICATE, type Revocations, tlsClientAuthOf } from "./client-certificate.ts";

/** The edge names TLS 1.3's ciphers as BoringSSL does. */
const TLS_1_3_CIPHERS: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: "AEAD-AES128-GCM-SHA256",
  TLS_AES_256_GCM_SHA384: "AEAD-AES256-GCM-SHA384",
  TLS_CHACHA20_POLY1305_SHA256: "AEAD-CHACHA20-POLY1305-SHA256",
};

export class EdgeProperties {
  readonly #revocations: Revocations | undefined;
  readonly #intermediates: readonly X509Certificate[];
  /** One text a TLS connection: a certificate is not parsed again for each request on it. */
  readonly #texts = new WeakMap<Socket, string>();

  /** @param clientCertificates left out: the front asks for none */
  constructor(clientCertificates?: { revocations: Revocations; intermediates: readonly string[] }) {
    this.#revocations = clientCertificates?.revocations;
    this.#intermediates = (clientCertificates?.intermediates ?? []).map((pem) => new X509Certificate(pem));
  }

  of(socket: Socket, httpVersion: string): string {
    if (!(socket instanceof TLSSocket)) return propertiesText(httpVersion, "", "", NO_CLIENT_CERTIFICATE);
    const known = this.#texts.get(socket);
    if (known !== undefined) return known;
    const cipher = socket.getCipher().name;
    const auth =
      this.#revocations === undefined
        ? NO_CLIENT_CERTIFICATE
        : tlsClientAuthOf(socket, this.#revocations, this.#intermediates);
    const text = propertiesText(httpVersion, socket.getProtocol() ?? "", TLS_1_3_CIPHERS[cipher] ?? cipher, auth);
    this.#texts.set(socket, text);
    return text;
  }

  /** An upgraded connection brings no further request: its text would only take up memory. */
  forget(socket: Socket): void {
    this.#texts.delete(socket);
  }
}

function propertiesText(httpVersion: string, tlsVersion: string, tlsCipher: string, tlsClientAuth: object): string {
  return JSON.stringify({ httpProtocol: `HTTP/${httpVersion}`, tlsVersion, tlsCipher, tlsClientAuth });
}
