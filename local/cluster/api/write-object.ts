import type { JsonObject } from "../objects.ts";
import { DecodeFault } from "../schema/go-types.ts";
import { ApiError } from "../status.ts";
import { type Answer, type Exchange, found } from "./exchange.ts";
import { fieldValidationOf, isDryRun, managerOf } from "./options.ts";
import { parseBody } from "./parse-body.ts";
import { objectTypeOf, readText } from "./request.ts";
import { scaleOf, scaleType, undecodableScale, withScale } from "./scale.ts";
import { type BodyType, cannotBeHandled, readObject } from "./type-of-body.ts";
import { createObject, updateObject, type WriteOptions } from "./writer.ts";

/** POST to a collection. */
export async function create(exchange: Exchange): Promise<Answer> {
  const { store, target } = exchange;
  const { kind, namespace = "" } = target;
  const options = optionsOf(exchange, "CreateOptions");
  const body = await sentObject(exchange, kind);
  return { code: 201, body: asSent(kind, body, () => createObject(store, kind, namespace, body, options)) };
}

/** PUT to an object or one of its subresources. */
export async function replace(exchange: Exchange, name: string): Promise<Answer> {
  const { kind, subresource } = exchange.target;
  const options = optionsOf(exchange, "UpdateOptions");
  const type = subresource === "scale" ? scaleType : kind;
  try {
    const body = await sentObject(exchange, type);
    return { code: 200, body: asSent(type, body, () => write(exchange, name, body, options)) };
  } catch (error) {
    throw error instanceof Undecodable && kind.custom && subresource === "scale" ? undecodableScale() : error;
  }
}

/** Writes the whole object, its status or its scale, and returns the result. Throws DecodeFault. */
export function write(exchange: Exchange, name: string, body: JsonObject, options: WriteOptions): unknown {
  const { store, target } = exchange;
  const before = found(exchange, name);
  if (target.subresource !== "scale") return updateObject(store, target.kind, before, body, options);
  const { onUnknown = () => undefined, ...rest } = options;
  const scaled = withScale(target.kind, before, body, onUnknown);
  return scaleOf(target.kind, updateObject(store, target.kind, before, scaled, rest));
}

/** Reads a write's options from the query. Throws 422. */
export function optionsOf(
  { request, query, target, warnings }: Exchange,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
): WriteOptions {
  const validation = fieldValidationOf(kind, query);
  return {
    writer: {
      manager: managerOf(kind, request, query),
      ...(target.subresource === undefined ? {} : { subresource: target.subresource }),
    },
    dryRun: isDryRun(kind, query),
    warn: (text) => warnings.push(text),
    onUnknown(paths) {
      const faults = paths.map((path) => `unknown field "${path}"`);
      if (validation === "Strict" && faults.length > 0)
        throw new DecodeFault(`strict decoding error: ${faults.join(", ")}`);
      if (validation === "Warn") warnings.push(...faults);
    },
  };
}

/** A body that cannot be decoded: the 400 of a POST or PUT. */
class Undecodable extends ApiError {}
const undecodable = ({ code, reason, message }: ApiError): Undecodable => new Undecodable(code, reason, message);

async function sentObject({ request }: Exchange, type: BodyType): Promise<JsonObject> {
  const mediaType = objectTypeOf(request);
  const text = await readText(request);
  try {
    return readObject(type, () => parseBody(text, mediaType), text);
  } catch (error) {
    throw error instanceof ApiError ? undecodable(error) : error;
  }
}

function asSent<T>(type: BodyType, body: JsonObject, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DecodeFault)) throw error;
    const kind = typeof body["kind"] === "string" ? body["kind"] : type.kind;
    throw undecodable(cannotBeHandled(type, kind, "", error.message));
  }
}
