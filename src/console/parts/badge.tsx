/**
 * Short words about a state: with a colour that never says it alone. Must not know what they are about.
 */
import type { ComponentChildren } from "preact";

export type Tone = "good" | "warn" | "bad" | "plain";

export const Badge = ({
  tone = "plain",
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ComponentChildren;
}) => (
  <span class={`badge ${tone}`} title={title}>
    {children}
  </span>
);

export const Dot = ({ tone, label }: { tone: "good" | "warn" | "bad" | "off"; label: string }) => (
  <span class={`dot ${tone}`} role="img" aria-label={label} title={label} />
);

/** As OCPP numbers them; what proves a station beside it. */
export const PROFILE_NAMES: Readonly<Record<number, string>> = {
  0: "no proof",
  1: "Basic",
  2: "TLS",
  3: "mTLS",
};

export const Profile = ({ profile }: { profile: number }) => (
  <span class={`profile p${profile}`} title={`Security profile ${profile}`}>
    {PROFILE_NAMES[profile] ?? profile}
    <span class="muted small">{profile}</span>
  </span>
);
