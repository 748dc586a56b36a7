/**
 * Goes anywhere by a few letters: a page, or a station by id, label, model, serial number, fingerprint or the id of a command. Must not
 * know what is there.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { StationPage } from "../../client/fleet/station-list.ts";
import { madeAt, stationOfCommand } from "../data/command-lookup.ts";
import { go, href } from "../data/route.ts";
import { useResource } from "../data/resource.ts";
import { may } from "../data/session.ts";
import { Dot, Profile } from "../parts/badge.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { mayOpen } from "./page-frame.tsx";
import { PAGES } from "./pages.ts";

const isOpen = signal(false);
export const openPalette = (): void => {
  isOpen.value = true;
};

/** `/` where nobody types, Ctrl-K and Cmd-K anywhere. */
export function usePaletteKeys(): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey } = event;
      const types = event.target instanceof Element && event.target.closest("input, textarea, select, dialog") !== null;
      const isAsked =
        (key === "k" && (ctrlKey || metaKey)) || (key === "/" && !types && !ctrlKey && !metaKey && !altKey);
      if (!isAsked) return;
      event.preventDefault();
      isOpen.value = true;
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

export const Palette = () => (isOpen.value ? <Open /> : null);

/** Stations that are shown; the list has the rest. */
const STATIONS = 8;
/** ms after the last letter */
const TYPED_MS = 150;

interface Choice {
  id: string;
  to: string;
  draw: () => preact.ComponentChildren;
}

function Open() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(0);
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const found = useResource<StationPage>(
    `palette ${asked}`,
    (client) => client.stationsPage({ q: asked, limit: STATIONS }),
    { everyMs: null, isWanted: asked !== "" && may("stations:read"), keeps: true },
  );
  const isCommand = madeAt(asked) !== null;
  const command = useResource<string | null>(`command ${asked}`, (client) => stationOfCommand(client, asked), {
    everyMs: null,
    isWanted: isCommand && may("audit:read"),
  });
  const close = () => {
    isOpen.value = false;
  };
  const stations = asked === "" ? [] : (found.data?.stations ?? []);
  const letters = typed.trim().toLowerCase();
  const pages = PAGES.filter((page) => page.isListed && mayOpen(page) && page.title.toLowerCase().includes(letters));
  const ofCommand = command.data;
  const choices: Choice[] = [
    ...(ofCommand === null
      ? []
      : [
          page(
            "command",
            href(["stations", ofCommand], { tab: "commands" }),
            "right",
            `The command’s station: ${ofCommand}`,
          ),
        ]),
    ...stations.map(
      ({ stationId, online, vendor, model, securityProfile }): Choice => ({
        id: `station ${stationId}`,
        to: href(["stations", stationId]),
        draw: () => (
          <>
            <Dot tone={online ? "good" : "off"} label={online ? "Online" : "Offline"} />
            <span class="grow clip">
              {stationId} <span class="muted small">{[vendor, model].filter(Boolean).join(" ")}</span>
            </span>
            <Profile profile={securityProfile} />
          </>
        ),
      }),
    ),
    ...(asked !== "" && stations.length > 0
      ? [page("all", href(["stations"], { q: asked }), "search", `All stations that have “${asked}”`)]
      : []),
    ...pages.map(({ key, title, icon }) => page(key, `#/${key}`, icon, title)),
  ];
  const isNothing =
    asked !== "" &&
    found.data !== null &&
    stations.length === 0 &&
    ofCommand === null &&
    !found.isLoading &&
    !command.isLoading;
  const chosen = Math.min(at, choices.length - 1);
  const take = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    close();
    go(choice.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) setAt((chosen + by + choices.length) % Math.max(choices.length, 1));
    else if (event.key === "Enter") take(choices[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Search"
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => event.target === dialog.current && close()}
    >
      <input
        type="text"
        role="combobox"
        aria-label="Search stations and pages"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={chosen < 0 ? undefined : `palette-${chosen}`}
        placeholder="Station, label, serial number, fingerprint, command id, page …"
        spellcheck={false}
        autocomplete="off"
        value={typed}
        onInput={({ currentTarget }) => {
          setTyped(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id="palette-list" role="listbox" aria-label="Found">
        {choices.map((choice, index) => (
          <div
            key={choice.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onMouseMove={() => setAt(index)}
            onClick={() => take(choice)}
          >
            {choice.draw()}
          </div>
        ))}
      </div>
      <p class="foot" role="status">
        {isNothing ? (
          <span class="clip">{nothingWords(asked, isCommand)}</span>
        ) : (
          <span>
            <kbd>
              <Icon name="up" size={10} />
            </kbd>{" "}
            <kbd>
              <Icon name="down" size={10} />
            </kbd>{" "}
            choose · <kbd>Enter</kbd> open · <kbd>Esc</kbd> close
          </span>
        )}
      </p>
    </dialog>
  );
}

function nothingWords(asked: string, isCommand: boolean): string {
  if (!isCommand) return `No station has “${asked}”.`;
  return may("audit:read")
    ? "The audit has no such command. A campaign’s are in the campaign."
    : "To find a command by its id takes the scope audit:read.";
}

const page = (key: string, to: string, icon: IconName, title: string): Choice => ({
  id: `page ${key}`,
  to,
  draw: () => (
    <>
      <Icon name={icon} />
      <span class="grow clip">{title}</span>
    </>
  ),
});
