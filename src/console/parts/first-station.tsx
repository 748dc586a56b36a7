/**
 * What a deployment without stations shows: the three commands that make, connect and ask the first one. Must not know where it is
 * shown.
 */
import { CommandLine } from "./copy-button.tsx";
import { State } from "./states.tsx";

/** As README has them, against where this console is. */
function commands(origin: string): readonly (readonly [title: string, command: string])[] {
  const isPlain = origin.startsWith("http:");
  const registration = isPlain ? '{ "securityProfile": 0 }' : '{ "securityProfile": 2, "password": "generate" }';
  const password = isPlain ? "" : ', password: "…"';
  return [
    ["Register it", `curl -X PUT ${origin}/v1/stations/CS001 -H "Authorization: Bearer $KEY" -d '${registration}'`],
    [
      "Connect it",
      `node -e 'const { RPCClient } = require("ocpp-rpc"); const s = new RPCClient({ endpoint: "${origin.replace(/^http/, "ws")}/ocpp", identity: "CS001"${password}, protocols: ["ocpp1.6"] }); s.handle(() => ({ status: "Accepted" })); s.connect().then(() => s.call("BootNotification", { chargePointVendor: "Demo", chargePointModel: "One" }));' &`,
    ],
    [
      "Ask it something",
      `curl ${origin}/v1/stations/CS001/commands -H "Authorization: Bearer $KEY" -d '{ "action": "Reset", "payload": { "type": "Soft" } }'`,
    ],
  ];
}

export const FirstStation = () => (
  <State icon="stations" title="No station is registered yet">
    <p>
      In a terminal, in Kerbside’s folder, with your key in <code>$KEY</code>. A station appears here as soon as it is
      registered.
    </p>
    <ol class="first-station">
      {commands(location.origin).map(([title, command], index) => (
        <li key={title}>
          <div class="small muted">
            {index + 1}. {title}
          </div>
          <CommandLine text={command} />
        </li>
      ))}
    </ol>
    <p>
      Or a whole fleet for a while: <code>npm run simulate -- --stations 25 --duration 10m</code>
    </p>
  </State>
);
