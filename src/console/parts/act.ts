/**
 * Something that is done at a person's word, once: what became of it is said. Must not know what it is.
 */
import { KerbsideProblem } from "../../client/problem.ts";
import type { Kerbside } from "../../client/kerbside.ts";
import { wordsOf } from "../data/failure.ts";
import { clientOf, signOut } from "../data/session.ts";
import { toast } from "./toast.tsx";

export type Acted<T> = { kind: "done"; value: T } | { kind: "failed"; problem: KerbsideProblem | null; words: string };

/**
 * @param done what is said when it is; `null`: whoever asked shows it
 * @param isTold false: whoever asked shows what went wrong, beside the field that it is about
 */
export async function act<T>(
  ask: (client: Kerbside) => Promise<T>,
  done: string | null,
  isTold = true,
): Promise<Acted<T>> {
  try {
    const value = await ask(clientOf());
    if (done !== null) toast("good", done);
    return { kind: "done", value };
  } catch (error) {
    const problem = error instanceof KerbsideProblem ? error : null;
    const words =
      problem === null
        ? "The edge does not answer. It may have been done: look before you do it again."
        : wordsOf(problem);
    if (problem?.status === 401) signOut("ended");
    else if (isTold) toast("bad", words);
    return { kind: "failed", problem, words };
  }
}
