/**
 * One row of a tail, opened: both sides whole, what is at fault and where OCPP says so. Must not know the other rows.
 */
import { Badge } from "../parts/badge.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Time } from "../parts/time.tsx";
import { JsonView } from "../json/json-view.tsx";
import { clausesOf } from "./clause.ts";
import { jsonOf, rowAsCurl, rowAsJson } from "./copies.ts";
import { Direction } from "./direction.tsx";
import type { Row } from "./row.ts";
import { milliseconds, RowState } from "./row-state.tsx";
import { TITLES } from "./tail-list.tsx";

export interface RowDetailProps {
  row: Row;
  stationId: string;
  /** That the station speaks, as far as it is known. */
  protocol: string;
  onClose: () => void;
}

export function RowDetail({ row, stationId, protocol, onClose }: RowDetailProps) {
  const curl = rowAsCurl(location.origin, stationId, row);
  return (
    <section class="row-detail" aria-label="The message">
      <header>
        <Direction direction={row.direction} />
        <h2 class="clip">{TITLES[row.kind] ?? row.action}</h2>
        <RowState row={row} />
        <span class="grow" />
        <CopyButton text={() => rowAsJson(row)} label="it as JSON">
          JSON
        </CopyButton>
        {curl !== null && (
          <CopyButton text={curl} label="the command as curl">
            curl
          </CopyButton>
        )}
        <button type="button" class="button small quiet icon" aria-label="Close the message" onClick={onClose}>
          <Icon name="close" size={14} />
        </button>
      </header>
      <div class="row-body">
        <Fault row={row} protocol={protocol} />
        <Facts row={row} />
        {row.text !== "" && (
          <div>
            <h3>
              {row.kind === "unreadable"
                ? "What came"
                : row.kind === "call" || row.kind === "send"
                  ? "Payload"
                  : "What it says"}
            </h3>
            <JsonView json={jsonOf(row.text)} faults={faultsOf(row)} label="Payload" />
          </div>
        )}
        {row.answer !== null && row.answer.text !== "" && !(row.answer.error !== null && row.answer.text === "{}") && (
          <div>
            <h3>{row.answer.error === null ? "Answer" : "Details of the error"}</h3>
            <JsonView json={jsonOf(row.answer.text)} label="Answer" />
          </div>
        )}
      </div>
    </section>
  );
}

const faultsOf = ({ path, deviations }: Row): string[] => [
  ...(path === null ? [] : [path]),
  ...deviations.map((deviation) => deviation.path),
];

function Fault({ row, protocol }: { row: Row; protocol: string }) {
  const error = row.answer?.error ?? null;
  if (error === null && row.deviations.length === 0) return null;
  return (
    <>
      {error !== null && (
        <div class={`notice ${row.state === "refused" || row.kind === "unreadable" ? "bad" : "warn"}`}>
          <div class="stack small">
            <div>
              <b>{error.code}</b> <span>{error.description}</span>
            </div>
            {row.path !== null && (
              <div>
                At <code>{row.path === "" ? "the payload" : row.path}</code>
              </div>
            )}
            <ul class="muted">
              {clausesOf(protocol, error.code, row.action).map(({ where, says }) => (
                <li key={where}>
                  <b>{where}</b> {says}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {row.deviations.length > 0 && (
        <div class="notice warn">
          <div class="small">
            <b>Not valid, and let pass:</b>
            <ul>
              {row.deviations.map(({ path, kind, message }) => (
                <li key={`${path} ${kind}`}>
                  <code>{path === "" ? "/" : path}</code> {message} <Badge>{kind}</Badge>
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </>
  );
}

const Facts = ({ row }: { row: Row }) => (
  <dl class="facts small">
    {row.at !== "" && (
      <>
        <dt>At</dt>
        <dd>
          <Time at={row.at} form="local" />
        </dd>
      </>
    )}
    {row.messageId !== "" && (
      <>
        <dt>Message id</dt>
        <dd class="mono">{row.messageId}</dd>
      </>
    )}
    {row.latencyMs !== null && (
      <>
        <dt>Answered</dt>
        <dd>
          in {milliseconds(row.latencyMs)}
          {row.answeredBy !== null && ` by ${WHO[row.answeredBy] ?? row.answeredBy}`}
        </dd>
      </>
    )}
    {row.sequence !== null && (
      <>
        <dt>Event</dt>
        <dd class="number">{row.sequence}</dd>
      </>
    )}
    {row.note !== "" && (
      <>
        <dt>Note</dt>
        <dd>{row.note}</dd>
      </>
    )}
  </dl>
);

const WHO: Readonly<Record<string, string>> = { edge: "the edge", csms: "the CSMS", station: "the station" };
