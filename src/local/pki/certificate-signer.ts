/**
 * The development PKI's station CA as the Worker's service binding `ISSUER`: signs requests, and keeps its key in this process, where no
 * station's frame ever comes. Must not know who asked, nor which station it is for: both are judged before.
 */
import "../../security/x509/reflect-metadata.ts";
import * as x509 from "@peculiar/x509";
import { type Authority, certificateToPem, EC_P256, RSA_2048, signCertificate } from "./authority.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const DAY_MS = 86_400_000;
const DAYS_MAX = 3_650;
const DAYS = 365;
const REQUEST_MAX_LENGTH = 5_500;
const SIGNATURES = { name: "ECDSA", hash: "SHA-256" } as const;

/** Nothing of the request counts but its name and key: what a certificate is good for the CA says. */
export async function signRequest(
  { stationCa, stationCaPem }: { stationCa: Authority; stationCaPem: string },
  asked: { url: string; text(): Promise<string> },
  now: Date = new Date(),
): Promise<Response> {
  try {
    const pem = await asked.text();
    if (pem.length > REQUEST_MAX_LENGTH) throw new Error(`it has more than ${REQUEST_MAX_LENGTH} characters`);
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) throw new Error("its own signature is wrong");
    const days = Math.min(DAYS_MAX, Number(new URL(asked.url).searchParams.get("days")) || DAYS);
    const certificate = await signCertificate(
      {
        subject: request.subjectName,
        publicKey: await publicKeyOf(request),
        notBefore: new Date(now.getTime() - DAY_MS),
        notAfter: new Date(now.getTime() + days * DAY_MS),
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([CLIENT_AUTH]),
        ],
      },
      stationCa,
    );
    return new Response(certificateToPem(certificate) + stationCaPem);
  } catch (error) {
    return new Response(`the request is not signed: ${(error as Error).message}\n`, { status: 400 });
  }
}

function publicKeyOf({ publicKey }: x509.Pkcs10CertificateRequest) {
  const { name, namedCurve } = publicKey.algorithm as { name: string; namedCurve?: string };
  const algorithm = name === EC_P256.name ? { ...SIGNATURES, namedCurve: namedCurve ?? "P-256" } : RSA_2048;
  return publicKey.export(algorithm, ["verify"]);
}
