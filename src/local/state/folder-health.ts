/**
 * Whether the folder under a running edge is still there and can be written, and in a sentence why it is not.
 * Must not know what is kept in it, nor who is told.
 */
import { type FSWatcher, statSync, watch } from "node:fs";
import { folderFault, probeFolder } from "./folder-fault.ts";

export interface FolderHealthOptions {
  dir: string;
  /** The folders without which nothing that is acknowledged is kept, each with all above it. */
  folders: () => readonly string[];
  /** Called before a use until it was the first one: true. @throws where the folder takes no writes */
  firstUse: () => boolean;
  /** Called once: nothing that is acknowledged from now on would be kept. */
  lost: (reason: string) => void;
}

export class FolderHealth {
  readonly #options: FolderHealthOptions;
  readonly #inodes = new Map<string, bigint>();
  readonly #watchers: FSWatcher[] = [];
  #isUsed = false;
  #lost: string | null = null;

  constructor(options: FolderHealthOptions) {
    this.#options = options;
  }

  /** From now on a folder that goes is noticed. */
  watch(): void {
    for (const folder of [this.#options.dir, ...this.#options.folders()]) {
      this.#inodes.set(folder, statSync(folder, { bigint: true }).ino);
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#look());
        this.#watchers.push(watcher.on("error", () => this.#look()));
      } catch {
        // The system's bound on watched folders is reached: it is looked at by whoever asks for health.
      }
    }
  }

  /** `null`: the request may be passed on. A look at the edge's health alone uses nothing, and sees to it that the folder can be. */
  fault(isHealthCheck: boolean): string | null {
    if (this.#lost !== null) return this.#lost;
    try {
      if (isHealthCheck) {
        this.#look();
        return this.#lost ?? probeFolder(this.#options.dir);
      }
      this.#isUsed ||= this.#options.firstUse();
      return null;
    } catch (error) {
      return folderFault(this.#options.dir, error) ?? "The folder of the local edge cannot be used.";
    }
  }

  close(): void {
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #look(): void {
    if (this.#lost !== null) return;
    const gone = Array.from(this.#inodes).find(
      ([folder, inode]) => statSync(folder, { bigint: true, throwIfNoEntry: false })?.ino !== inode,
    );
    if (gone === undefined) return;
    this.#lost = `The folder ${gone[0]} was removed while the local edge ran; stop it and start it again`;
    this.close();
    this.#options.lost(this.#lost);
  }
}
