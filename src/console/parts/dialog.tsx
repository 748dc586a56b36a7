/**
 * A question above the page, and the one that is answered by a station's name. Must not know what is done then.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";

export interface DialogProps {
  title: string;
  isWide?: boolean;
  onClose: () => void;
  /** Of the form that it is; without it there is nothing to send. */
  onSubmit?: () => void;
  footer?: ComponentChildren;
  children: ComponentChildren;
}

/** The platform's own: it holds the focus, ends on Escape, and gives the focus back. */
export function Dialog({ title, isWide = false, onClose, onSubmit, footer, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    // Otherwise it is the button that closes it.
    element?.querySelector<HTMLElement>(".body :is(input, select, textarea):not(:disabled)")?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={isWide ? "wide" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" class="button small quiet icon" aria-label="Close" onClick={onClose}>
            <Icon name="close" size={14} />
          </button>
        </header>
        <div class="body">{children}</div>
        {footer !== undefined && <footer>{footer}</footer>}
      </form>
    </dialog>
  );
}

export interface ConfirmProps {
  title: string;
  /** What has to be typed: the station's name. */
  name: string;
  /** On the button: "Deregister". */
  verb: string;
  onConfirm: () => Promise<void> | void;
  onClose: () => void;
  /** What it does, and whether it can be undone. */
  children: ComponentChildren;
}

/** Nobody names the wrong station by a click too many. */
export function Confirm({ title, name, verb, onConfirm, onClose, children }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  const confirm = async () => {
    if (typed !== name || isBusy) return;
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void confirm()}
      footer={
        <>
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button danger main" disabled={typed !== name || isBusy}>
            {verb}
          </button>
        </>
      }
    >
      <div class="stack">{children}</div>
      <div class="field">
        <label for={id}>
          Type <code>{name}</code> to confirm
        </label>
        <input
          id={id}
          class="input mono"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        />
      </div>
    </Dialog>
  );
}
