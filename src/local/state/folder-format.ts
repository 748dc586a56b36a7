/**
 * The version of what an edge keeps in its folder, so that an older release says that it cannot read it. Must not know what that is.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEMA_VERSION } from "../../station/storage/migrations.ts";
import { PUBLIC_MODE, replaceFile } from "./private-file.ts";

export interface FolderFormat {
  /** Of the folder itself: its files and where they are. */
  format: number;
  /** Of the stations' databases, which wake and migrate one by one. */
  stationSchema: number;
}

export const FOLDER_FORMAT: Readonly<FolderFormat> = { format: 1, stationSchema: SCHEMA_VERSION };
const FILE = "format.json";

/** Before anything in the folder is opened; a folder from before there was a version has none. @throws where it is a newer one */
export function checkFormat(dir: string, known: FolderFormat = FOLDER_FORMAT): void {
  const path = join(dir, FILE);
  if (!existsSync(path)) return;
  const written = read(path);
  const newer = (Object.keys(known) as (keyof FolderFormat)[]).filter((name) => written[name] > known[name]);
  if (newer.length === 0) return;
  const facts = newer.map((name) => `${name} ${written[name]} where this one knows ${known[name]}`).join(", ");
  throw new Error(
    `The folder ${dir} was used by a newer release of Kerbside (${facts}); start that one, or take another KERBSIDE_DIR`,
  );
}

/** Before anything is migrated. */
export function rememberFormat(dir: string): void {
  const path = join(dir, FILE);
  const text = `${JSON.stringify(FOLDER_FORMAT)}\n`;
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  replaceFile(path, text, PUBLIC_MODE);
}

function read(path: string): FolderFormat {
  try {
    const { format, stationSchema } = JSON.parse(readFileSync(path, "utf8")) as Partial<FolderFormat>;
    if (Number.isInteger(format) && Number.isInteger(stationSchema)) return { format, stationSchema } as FolderFormat;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
  }
  throw new Error(
    `${path} does not tell which release wrote this folder; delete that file if it was this one or an older one`,
  );
}
