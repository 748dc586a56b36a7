/**
 * What the API says of itself: its description, and what each type of problem means. Must not know how the description is made.
 */
import { assetOf } from "./assets.ts";
import type { Handlers } from "../call.ts";
import type { ProblemKind } from "../problem-kind.ts";
import { PROBLEM_KINDS } from "../problem-kinds.ts";
import { problems } from "../problem.ts";

export const descriptionHandlers: Handlers<"getDescription" | "getProblem"> = {
  async getDescription({ c }) {
    const description = await assetOf(c.env, "GET", "/openapi.json");
    if (description === null) throw problems.notFound("This deployment was made without its description.");
    return description;
  },

  getProblem({ c, params }) {
    const kind = PROBLEM_KINDS.get(params.slug);
    if (kind === undefined) throw problems.notFound("There is no such type of problem.");
    if ((c.req.header("Accept") ?? "").includes("text/html")) return c.html(pageOf(kind));
    const { slug, title, status, meaning, remedy } = kind;
    return c.json({ type: `/problems/${slug}`, title, status, meaning, remedy });
  },
};

/** All of it is this service's own text, and none of what was asked. */
const pageOf = ({ slug, title, status, meaning, remedy }: ProblemKind): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${slug}</title><h1>${status} ${title}: ${slug}</h1><p>${meaning}</p><h2>What to do</h2><p>${remedy}</p>
<p><a href="/docs">The API</a></p></html>
`;
