/**
 * The catalogue: which actions a station may call in each version, and which of them carry a decision of the CSMS.
 * Must not know payload schemas, nor how an answer is made.
 */
import type { Protocol } from "./protocol.ts";

const STATION_16 =
  "Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat " +
  "LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification " +
  "StartTransaction StatusNotification StopTransaction";
const STATION_201 =
  "Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification Get15118EVCertificate " +
  "GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation " +
  "NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport " +
  "NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate " +
  "SecurityEventNotification SignCertificate StatusNotification TransactionEvent";
const STATION_21 =
  `${STATION_201} BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop ` +
  "NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl " +
  "VatNumberValidation";
/** [OCPP 2.1 P4 §4.2.5] The one action that travels as SEND. */
export const SEND_ACTION = "NotifyPeriodicEventStream";

const CSMS_16 =
  "CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile " +
  "DataTransfer DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics " +
  "GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction " +
  "RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware TriggerMessage " +
  "UnlockConnector UpdateFirmware";
const CSMS_201 =
  "CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage " +
  "ClearVariableMonitoring CostUpdated CustomerInformation DataTransfer DeleteCertificate GetBaseReport " +
  "GetChargingProfiles GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion GetLog " +
  "GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware " +
  "RequestStartTransaction RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile " +
  "SetDisplayMessage SetMonitoringBase SetMonitoringLevel SetNetworkProfile SetVariableMonitoring SetVariables " +
  "TriggerMessage UnlockConnector UnpublishFirmware UpdateFirmware";
const CSMS_21 =
  `${CSMS_201} AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff ClearDERControl ClearTariffs GetDERControl ` +
  "GetPeriodicEventStream GetTariffs NotifyAllowedEnergyTransfer NotifyWebPaymentStarted RequestBatterySwap " +
  "SetDERControl SetDefaultTariff UpdateDynamicSchedule UsePriorityCharging";

const set = (names: string): ReadonlySet<string> => new Set(names.split(" "));

const FROM_STATION: Record<Protocol, ReadonlySet<string>> = {
  "ocpp1.6": set(STATION_16),
  "ocpp2.0.1": set(STATION_201),
  "ocpp2.1": set(STATION_21),
};
const FROM_CSMS: Record<Protocol, ReadonlySet<string>> = {
  "ocpp1.6": set(CSMS_16),
  "ocpp2.0.1": set(CSMS_201),
  "ocpp2.1": set(CSMS_21),
};

/** May the station call it? */
export const isStationAction = (protocol: Protocol, action: string): boolean => FROM_STATION[protocol].has(action);
/** May the CSMS call it? */
export const isCsmsAction = (protocol: Protocol, action: string): boolean => FROM_CSMS[protocol].has(action);
export const stationActions = (protocol: Protocol): readonly string[] => [...FROM_STATION[protocol]];
export const csmsActions = (protocol: Protocol): readonly string[] => [...FROM_CSMS[protocol]];

/** Station calls whose response is, or may be, a decision: only the CSMS can answer. All else the edge answers. */
const DECISIONS = set(
  "Authorize BootNotification DataTransfer Get15118EVCertificate GetCertificateChainStatus GetCertificateStatus " +
    "NotifyEVChargingNeeds NotifyEVChargingSchedule NotifySettlement OpenPeriodicEventStream " +
    "PullDynamicScheduleUpdate SignCertificate StartTransaction StopTransaction VatNumberValidation",
);

/** Whose answer a station's CALL needs. A TransactionEvent needs the CSMS only where an idToken asks for authorization. */
export function answeredBy(action: string, payload: Record<string, unknown>): "edge" | "csms" {
  if (action === "TransactionEvent") return payload.idToken === undefined ? "edge" : "csms";
  return DECISIONS.has(action) ? "csms" : "edge";
}

/** [1.6 §3.7, 2.x E13] Messages of a transaction: lost money if dropped, so they are the last that a full log refuses. */
export const TRANSACTIONAL = set("StartTransaction StopTransaction TransactionEvent");
export const isTransactional = (action: string): boolean => TRANSACTIONAL.has(action);

/**
 * [1.6 §4.8, 2.x E04, E06] Tells what has happened already: whoever answers cannot refuse it, and `{}` is an answer that
 * accepts nothing. A 1.6 StartTransaction is none, since its answer needs an idTagInfo.
 */
export function hasHappened(action: string, payload: Record<string, unknown>): boolean {
  if (action === "TransactionEvent") return payload.eventType === "Ended" || payload.offline === true;
  return action === "StopTransaction" || action === "NotifySettlement";
}
