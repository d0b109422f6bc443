import { isJsonObject, type JsonObject } from "../objects.ts";
import { decodeObject } from "../schema/decode.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { schemaOfModel } from "../schema/model-schema.ts";
import { badRequest, unsupported, wrong } from "../status.ts";
import { invalidOptions, isDryRun, isOn, numberIn } from "./options.ts";
import { parseBody, ParseFault } from "./parse-body.ts";

export interface DeleteOptions {
  propagation: "Background" | "Foreground" | "Orphan";
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: boolean;
}

const policies = ["Foreground", "Background", "Orphan"] as const;

/** Reads DeleteOptions from the body, or from the query if there is no body. Throws 400 and 422. */
export function readDeleteOptions(text: string, type: string, query: URLSearchParams): DeleteOptions {
  const sent = decodeOptions(text, type);
  const asked = query.get("propagationPolicy") ?? sent.propagationPolicy;
  const orphans = query.has("orphanDependents") ? isOn(query, "orphanDependents") : sent.orphanDependents;
  if (asked !== undefined && orphans !== undefined)
    throw invalidOptions(
      "DeleteOptions",
      wrong("propagationPolicy", asked, "orphanDependents and deletionPropagation cannot be both set"),
    );
  const propagation = policies.find((policy) => policy === (asked ?? (orphans === true ? "Orphan" : "Background")));
  if (propagation === undefined)
    throw invalidOptions("DeleteOptions", unsupported("propagationPolicy", asked, [...policies, "nil"]));
  const grace = numberIn(query, "gracePeriodSeconds") ?? sent.gracePeriodSeconds;
  const { uid, resourceVersion } = sent.preconditions ?? {};
  return {
    propagation,
    ...(grace === undefined ? {} : { gracePeriodSeconds: grace }),
    preconditions: { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) },
    dryRun: isDryRun("DeleteOptions", query, sent.dryRun),
  };
}

interface Sent {
  propagationPolicy?: string;
  orphanDependents?: boolean;
  gracePeriodSeconds?: number;
  dryRun?: string[];
  preconditions?: { uid?: string; resourceVersion?: string };
}

function decodeOptions(text: string, type: string): Sent {
  if (text === "") return {};
  try {
    const { value } = parseBody(text, type);
    const options = value ?? {};
    if (Array.isArray(options) || !isJsonObject(options)) throw new ParseFault(notAnObject(options));
    checkKind(options);
    return decodeObject(options, schemaOfModel("V1DeleteOptions"), { checkTypes: true, dropEmpty: false }).object;
  } catch (error) {
    if (error instanceof ParseFault) throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`);
    if (error instanceof DecodeFault) throw badRequest(error.message);
    throw error;
  }
}

/** Options may be of any group. */
function checkKind({ kind = "DeleteOptions", apiVersion = "v1" }: JsonObject): void {
  if (kind === "DeleteOptions") return;
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

const notAnObject = (value: unknown): string =>
  `json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type ` +
  String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;
