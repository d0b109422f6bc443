import { problemAnswer } from "../functions/http/answers.ts";
import { refusalsOf } from "../functions/http/refusals.ts";
import type { DescribedRoute } from "../functions/http/route.ts";

/** Throws if an answer does not match the API's document. */
export function expectDescribed(
  described: readonly DescribedRoute[],
  method: string,
  path: string,
  status: number,
  body: unknown,
): void {
  const plain = path.split("?")[0]?.replace(/^\//, "") ?? "";
  const route = described.find(
    (each) => each.method === method && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  if (status >= 400 && !plain.startsWith("keycloak/backchannel")) {
    const { code } = problemAnswer.parse(body);
    if (route && !refusalsOf(route).get(status)?.includes(code))
      throw new Error(`${method} ${path}: the document does not list the refusal ${status} ${code}`);
    return;
  }
  if (!route) throw new Error(`${method} ${path}: it is not in the document`);
  const answer = route.endpoint.answers[status];
  if (!answer) throw new Error(`${method} ${path}: the document does not list the answer ${status}`);
  const parsed = answer.body?.safeParse(body);
  if (parsed?.error) throw new Error(`${method} ${path}: ${parsed.error.message} in ${JSON.stringify(body)}`);
}
