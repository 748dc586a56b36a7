/**
 * Copies a text, and says that it did. Must not know the text.
 */
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { toast } from "./toast.tsx";

/** ms that it says so */
const SAID_MS = 1_500;

export interface CopyProps {
  /** A text that is long to make is made when it is asked for. */
  text: string | (() => string);
  /** What is copied: "the command". */
  label: string;
  children?: string;
}

export function CopyButton({ text, label, children }: CopyProps) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (event: Event) => {
    event.stopPropagation();
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setCopied(true);
    } catch {
      toast("bad", "The browser does not let this page copy. Mark the text, and copy it by hand.");
    }
  };
  return (
    <button
      type="button"
      class={`button small quiet${children === undefined ? " icon" : ""}`}
      aria-label={isCopied ? "Copied" : `Copy ${label}`}
      title={`Copy ${label}`}
      onClick={copy}
    >
      <Icon name={isCopied ? "check" : "copy"} size={14} />
      {children !== undefined && (isCopied ? "Copied" : children)}
    </button>
  );
}

/** A line for a terminal. */
export const CommandLine = ({ text }: { text: string }) => (
  <div class="command-line">
    <code>{text}</code>
    <CopyButton text={text} label="the command" />
  </div>
);
