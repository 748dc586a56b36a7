/**
 * Where somebody signs in with an API key. Must not keep the key: the session does, for as long as the tab is there.
 */
import { useState } from "preact/hooks";
import { signIn } from "../data/session.ts";
import { Mark } from "../parts/icon.tsx";
import { TextField } from "../parts/fields.tsx";

const WORDS = {
  none: null,
  refused: "This is no key of this deployment, or it was taken away.",
  ended: "Your key counts no more. Sign in with another one.",
} as const;

export function SignIn({ reason }: { reason: keyof typeof WORDS }) {
  const [key, setKey] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (key.trim() === "" || isBusy) return;
    setBusy(true);
    await signIn(key.trim());
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <div class="panel">
        <form onSubmit={submit} autocomplete="off">
          <div class="brand">
            <Mark /> Kerbside
          </div>
          <h1 class="hidden-text">Sign in</h1>
          <TextField
            label="API key"
            type="password"
            isMono
            value={key}
            onChange={setKey}
            fault={WORDS[reason]}
            hint="It stays in this tab, until it is closed."
          />
          <button type="submit" class="button main" disabled={key.trim() === "" || isBusy}>
            {isBusy ? "Signing in …" : "Sign in"}
          </button>
          <p class="small muted">
            Of a local edge it is printed at start, and stands in <code>.kerbside/api-key</code>.
          </p>
        </form>
      </div>
    </main>
  );
}
