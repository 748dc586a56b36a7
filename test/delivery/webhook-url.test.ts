import { describe, expect, test } from "vitest";
import { checkWebhookUrl } from "../../src/delivery/webhook-url.ts";

const PUBLIC = [
  "https://backend.example.com/hook?fleet=1",
  "https://backend.example.com:8443/",
  "https://93.184.216.34/",
  "https://172.15.0.1/",
  "https://172.32.0.1/",
  "https://100.63.0.1/",
  "https://192.169.1.1/",
  "https://[2606:4700::1111]/",
  "https://[2001:4860:4860::8888]/",
  "https://lan.example.com/",
  "https://203.0.114.1/",
  "https://fd-backend.example.com/",
  "https://10.example.com/",
];
const LOOPBACK = [
  "http://localhost:9000/",
  "https://localhost/",
  "http://127.0.0.1:9000/",
  "http://127.1.2.3/",
  "http://[::1]:9000/",
  "http://hooks.localhost/",
  "http://LOCALHOST./",
  "http://localhost../",
  "http://2130706433/",
  "http://0x7f.1/",
];
const PRIVATE = [
  "https://10.0.0.1/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.168.0.1/",
  "https://169.254.169.254/latest/meta-data",
  "https://100.64.0.1/",
  "https://0.0.0.0/",
  "https://198.18.0.1/",
  "https://192.0.0.8/",
  "https://224.0.0.1/",
  "https://255.255.255.255/",
  "https://3232235777/",
  "https://0xa9fea9fe/",
  "https://0251.0376.0251.0376/",
  "https://[::]/",
  "https://[fe80::1]/",
  "https://[febf::1]/",
  "https://[fc00::1]/",
  "https://[fd12:3456::1]/",
  "https://[ff02::1]/",
  "https://[::ffff:10.0.0.1]/",
  "https://[::ffff:169.254.169.254]/",
  "https://[64:ff9b::a00:1]/",
  "https://[::10.0.0.1]/",
  "https://[2002:a00:1::]/",
  "https://[fec0::1]/",
  "https://[2001::1]/",
  "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
  "https://[2001:db8::1]/",
  "https://[2001:10::1]/",
  "https://[3fff::1]/",
  "https://192.88.99.1/",
  "https://198.51.100.7/",
  "https://203.0.113.7/",
  "https://nas.lan/",
  "https://hooks.corp/",
  "https://hooks.default.svc/",
  "https://hooks.default.svc.cluster.local/",
  "https://hooks.intranet/",
  "https://hooks.home/",
  "https://intranet/",
  "https://printer.local/",
  "https://metadata.google.internal/",
  "https://router.home.arpa./",
  "http://10.0.0.1/",
];

describe.each([
  ["in production", false],
  ["locally", true],
])("A webhook's address, %s,", (_, local) => {
  test.each(PUBLIC)("may be %s", (url) => expect(checkWebhookUrl(url, local)).toBeNull());

  test.each(PRIVATE)("may not be %s, which is private", (url) => {
    expect(checkWebhookUrl(url, local)).toBe("private-address");
  });

  test.each(["http://backend.example.com/", "ftp://backend.example.com/", "wss://backend.example.com/"])(
    "may not be %s, which is not https",
    (url) => expect(checkWebhookUrl(url, local)).toBe("not-https"),
  );

  test.each(["", "backend.example.com", "/hook", "https://", "https://exa mple.com/"])(
    "may not be %j, which is no URL",
    (url) => expect(checkWebhookUrl(url, local)).toBe("not-a-url"),
  );

  test.each(["https://user:secret@backend.example.com/", "https://user@backend.example.com/", "http://:x@127.0.0.1/"])(
    "may not be %s, which has credentials",
    (url) => expect(checkWebhookUrl(url, local)).toBe("has-credentials"),
  );

  test.each(["data:application/json,1", "file:///etc/passwd", "javascript:1"])("may not be %s", (url) => {
    expect(checkWebhookUrl(url, local)).not.toBeNull();
  });
});

describe("A loopback address", () => {
  test.each(LOOPBACK)("like %s is taken locally alone", (url) => {
    expect(checkWebhookUrl(url, true)).toBeNull();
    expect(checkWebhookUrl(url, false)).toBe("private-address");
  });

  test.each(["ftp://127.0.0.1/", "file://localhost/etc/passwd"])("is not taken as %s", (url) => {
    expect(checkWebhookUrl(url, true)).not.toBeNull();
  });

  test.each(["https://[::ffff:127.0.0.1]/"])("in disguise, %s, is not taken in production", (url) => {
    expect(checkWebhookUrl(url, false)).toBe("private-address");
  });
});
