import type { IncomingMessage } from "node:http";
import { isJsonObject, type JsonObject } from "../objects.ts";
import { badRequest } from "../status.ts";
import { parseBody } from "./parse-body.ts";
import { objectTypeOf, readText } from "./request.ts";

const group = "authorization.k8s.io/v1";
const path = `/apis/${group}/selfsubjectaccessreviews`;

/** What the API's discovery says of access reviews: of the group's four kinds there is one here. */
export function discoverReviews(asked: string): JsonObject | undefined {
  if (asked !== `/apis/${group}`) return undefined;
  return {
    ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion: group },
    resources: [
      {
        ...{ name: "selfsubjectaccessreviews", singularName: "selfsubjectaccessreview", namespaced: false },
        ...{ kind: "SelfSubjectAccessReview", verbs: ["create"] },
      },
    ],
  };
}

/** The answer to an access review, undefined if the request is none: whoever may call this server may do everything. */
export async function answerReview(request: IncomingMessage, asked: string): Promise<JsonObject | undefined> {
  if (request.method !== "POST" || asked !== path) return undefined;
  const { value: body } = parseBody(await readText(request), objectTypeOf(request));
  if (!isJsonObject(body) || !isJsonObject(body["spec"])) throw badRequest("an access review has a spec");
  return {
    kind: "SelfSubjectAccessReview",
    apiVersion: group,
    metadata: {},
    spec: body["spec"],
    status: { allowed: true },
  };
}
