/**
 * Rows of the directory, written as the queue's consumer writes them. Must not know which stations they are of.
 */
import { INSERT, statements } from "../../../src/fleet/station-rows.ts";

export const insert = (directory, transitions) =>
  directory.batch(statements(directory, [INSERT], transitions, Date.now()));
