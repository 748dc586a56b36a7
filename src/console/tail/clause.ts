/**
 * Where OCPP says what a refused message broke: the clause of its error code, and of the message itself. Must not know a payload.
 */

/** [OCPP 1.6 ed. 2 §6] In the order of their chapters: a request and its confirmation each. */
const CHAPTER_6 = (
  "Authorize BootNotification CancelReservation ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile DataTransfer " +
  "DiagnosticsStatusNotification FirmwareStatusNotification GetCompositeSchedule GetConfiguration GetDiagnostics GetLocalListVersion " +
  "Heartbeat MeterValues RemoteStartTransaction RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile " +
  "StartTransaction StatusNotification StopTransaction TriggerMessage UnlockConnector UpdateFirmware"
).split(" ");
/** [OCPP 1.6 security whitepaper ed. 3 §5] The messages that it adds. */
const WHITEPAPER = new Set(
  (
    "CertificateSigned DeleteCertificate ExtendedTriggerMessage GetInstalledCertificateIds GetLog InstallCertificate LogStatusNotification " +
    "SecurityEventNotification SignCertificate SignedFirmwareStatusNotification SignedUpdateFirmware"
  ).split(" "),
);

/** What each code says, in the words of the tables. */
const MEANINGS: Readonly<Record<string, string>> = {
  FormationViolation: "the payload is syntactically wrong, or not of the message's structure",
  FormatViolation: "the payload is syntactically wrong, or not of the message's structure",
  OccurenceConstraintViolation: "a field is missing, or there too often",
  OccurrenceConstraintViolation: "a field is missing, or there too often",
  TypeConstraintViolation: "a field has a value of another type",
  PropertyConstraintViolation: "a field has a value that it may not have",
  NotImplemented: "the action is not known",
  NotSupported: "the action is known, and not supported",
  ProtocolError: "the message is no part of the protocol",
  RpcFrameworkError: "the frame is no RPC message",
  MessageTypeNotSupported: "the version has no such type of message",
  SecurityError: "a security matter keeps it from being done",
  InternalError: "who was to answer could not",
  GenericError: "none of the other codes fits",
};

export interface Clause {
  /** Such as `OCPP-J 1.6 §4.2.3`. */
  where: string;
  says: string;
}

export function clausesOf(protocol: string, code: string, action: string): Clause[] {
  const is16 = protocol === "ocpp1.6";
  const version = protocol.replace("ocpp", "");
  const rpc = {
    where: is16 ? "OCPP-J 1.6 §4.2.3, table 7" : `OCPP ${version} Part 4 §4.3`,
    says: `${code}: ${MEANINGS[code] ?? "a code that the table does not have"}`,
  };
  const message = messageClause(is16, version, action);
  return message === null ? [rpc] : [rpc, message];
}

function messageClause(is16: boolean, version: string, action: string): Clause | null {
  if (action === "") return null;
  if (!is16) return { where: `OCPP ${version} Part 2, Messages`, says: `${action}Request` };
  const chapter = CHAPTER_6.indexOf(action);
  if (chapter >= 0) return { where: `OCPP 1.6 §6.${2 * chapter + 1}`, says: `${action}.req` };
  return WHITEPAPER.has(action) ? { where: "OCPP 1.6 security whitepaper §5", says: `${action}.req` } : null;
}
