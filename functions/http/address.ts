import type { HttpRequest } from "@azure/functions";

const mark = Symbol.for("guacamole-workspaces: a malformed address reaches its function");

/** No name ends like this (RFC 6761); a caller who sends it is answered in the same way. */
const malformedHost = "malformed.invalid";

/** True if the request came with a Host that makes no address. */
export function hasMalformedAddress({ url }: HttpRequest): boolean {
  return new URL(url).hostname === malformedHost;
}

/**
 * Lets a call with a malformed Host reach its function. The Functions host accepts more Host headers than there are
 * addresses (`x:99999`, `a%40b`), and the library throws when it makes a Request of one, or of one that has a user: before
 * any of our code runs, and the host answers 500. A second call changes nothing.
 */
export function letMalformedAddressThrough(): void {
  const Plain = globalThis.Request;
  if (mark in Plain) return;
  globalThis.Request = new Proxy(Plain, {
    construct(_target, [input, init]: ConstructorParameters<typeof Request>): Request {
      const isMalformed = typeof input === "string" && /^https?:/i.test(input) && !isAddress(input);
      return new Plain(isMalformed ? `http://${malformedHost}/` : input, init);
    },
    has: (target, key) => key === mark || Reflect.has(target, key),
  });
}

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "";
}
