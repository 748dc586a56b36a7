/**
 * OCPP messages without what is nobody's to read: passwords, tokens, keys, and texts of which nobody knows what they hold. Must not know
 * who is to read them, nor change what it is given.
 */

/** In the place of each, whatever its length: no part of it is shown. */
export const MASK = "•••";

/** Levels that are looked into; what is deeper is no OCPP. */
const LEVELS_MAX = 80;

/** Names are compared in lower case and without what vendors put between words. */
const plain = (name: string): string => name.replaceAll(/[_\-.\s]/g, "").toLowerCase();

/** Fields whose value is a secret, at any depth: of OCPP 1.6 and 2.x, and as vendors name their own. */
const SECRET_FIELD =
  /(?:idtags?|idtokens?|password|passwd|passphrase|secret|credentials?|privatekey|authorizationkey|simpin|^pin|^emaid|^customeridentifier|^apnusername)$/;
/** Fields of text that is not OCPP's own: of DataTransfer, of a frame that could not be read, of ISO 15118. */
const OPAQUE_FIELD = /^(?:data|excerpt|unreadable|exirequest|exiresponse)$/;
/** Settings whose value is a secret: 1.6's configuration keys, 2.x's variables, and vendors' own. */
const SECRET_SETTING =
  /authorizationkey|password|passwd|passphrase|secret|credential|privatekey|presharedkey|psk|pincode|simpin|token$|^pin$|masterpassgroupid/;
/** Where a setting's value stands beside its name, or beneath; or is quoted, by a station that refuses it. */
const SETTING_VALUE = /^(?:value|attributevalue|actualvalue|valueslist|customvalue|additionalinfo|techinfo)$/;
/** [2.1 App. IdTokenEnumStringType] Of a token no more is shown than its kind. */
const TOKEN_KINDS: ReadonlySet<unknown> = new Set(
  "Central DirectPayment eMAID EVCCID ISO14443 ISO15693 KeyCode Local MacAddress NoAuthorization VIN".split(" "),
);

const PRIVATE_KEY = /PRIVATE KEY/i;
/** [RFC 3986 §3.2.1] Up to the last @, since a password may hold one that was not escaped. */
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s"]*@/gi;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param action of the CALL that it is part of, where that is known */
export function maskedPayload(value: unknown, action = ""): unknown {
  // No object, it is what somebody wrote in the place of a payload.
  return typeof value === "string" ? MASK : walk(value, { action, isSetting: false, isVpn: false }, LEVELS_MAX);
}

/** Whatever may be hidden has one of these in its text; each field is looked at only then. */
const SUSPECT =
  /idtag|idtoken|passw|passphrase|secret|credential|privatekey|authorizationkey|pin"|emaid|customeridentifier|apnusername|vpn|"data"|excerpt|unreadable|"exi|"received"|"key":|"variable":|:\/\/|\\/;

/** JSON of a frame as it was on the line, of which it is the parsed value. */
export const maskedFrameText = (text: string, frame: unknown): string =>
  isWhole(frame) && !SUSPECT.test(plain(text)) ? text : JSON.stringify(maskedFrame(frame));

/** Nothing but texts that are shown, and a payload. */
function isWhole(frame: unknown): boolean {
  if (!Array.isArray(frame)) return false;
  const [type, ...rest] = frame as unknown[];
  const shown = typeof type === "number" ? SHOWN_TEXTS[type] : undefined;
  return (
    rest.length - 1 === shown && rest.every((part, index) => (index < rest.length - 1 ? isText(part) : isObject(part)))
  );
}

/** A frame as it was on the line; of one that is no message nothing is shown. */
export function maskedFrame(frame: unknown): unknown {
  if (!Array.isArray(frame)) return MASK;
  const [type, ...rest] = frame as unknown[];
  const shown = typeof type === "number" ? SHOWN_TEXTS[type] : undefined;
  if (shown === undefined) return MASK;
  const action = (type === 2 || type === 6) && typeof rest[1] === "string" ? rest[1] : "";
  return [type, ...rest.map((part, index) => (index < shown && isText(part) ? part : maskedPart(part, action)))];
}

/** Texts behind a frame's type that are no payload: id and action, id, or id, code and description. */
const SHOWN_TEXTS: Readonly<Record<number, number>> = { 2: 2, 3: 1, 4: 3, 5: 3, 6: 2 };

const isText = (part: unknown): boolean => typeof part === "string";
const maskedPart = (part: unknown, action: string): unknown =>
  typeof part === "object" ? maskedPayload(part, action) : MASK;

interface Where {
  action: string;
  /** Beneath an object that names a setting whose value is a secret. */
  isSetting: boolean;
  isVpn: boolean;
}

function walk(value: unknown, where: Where, levels: number): unknown {
  if (typeof value === "string") return maskedText(value);
  if (typeof value !== "object" || value === null) return value;
  if (levels === 0) return MASK;
  if (Array.isArray(value)) return value.map((each) => walk(each, where, levels - 1));
  const inside = { ...where, isSetting: where.isSetting || isSecretSetting(value as Record<string, unknown>) };
  return mapped(value, (name, each) => {
    const field = plain(name);
    if (isHidden(field, each, inside)) return hidden(each, levels - 1);
    return walk(each, field === "vpn" ? { ...inside, isVpn: true } : inside, levels - 1);
  });
}

function isHidden(field: string, value: unknown, { action, isSetting, isVpn }: Where): boolean {
  if (SECRET_FIELD.test(field)) return true;
  if (isSetting && SETTING_VALUE.test(field)) return true;
  // [2.1 N15] There it is a list of measured values.
  if (OPAQUE_FIELD.test(field)) return !(field === "data" && action === "NotifyPeriodicEventStream");
  if (field === "received") return typeof value === "string";
  return isVpn && (field === "key" || field === "user");
}

function isSecretSetting(value: Record<string, unknown>): boolean {
  const { key, variable } = value;
  const name = typeof key === "string" ? key : isObject(variable) ? variable.name : undefined;
  return typeof name === "string" && SECRET_SETTING.test(plain(name));
}

/** Whatever is there, but that something is, and of a token its kind. */
function hidden(value: unknown, levels: number): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value !== "object" || levels <= 0) return MASK;
  if (Array.isArray(value)) return value.map((each) => hidden(each, levels - 1));
  return mapped(value, (name, each) =>
    plain(name) === "type" && TOKEN_KINDS.has(each) ? each : hidden(each, levels - 1),
  );
}

const maskedText = (text: string): string =>
  PRIVATE_KEY.test(text) ? MASK : text.includes("://") ? text.replace(USER_INFO, `$1${MASK}@`) : text;

/** A name may be one that an object inherits. */
const mapped = (value: object, make: (name: string, each: unknown) => unknown): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([name, each]) => [name, make(name, each)]));
