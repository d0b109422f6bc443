import { z } from "zod";

/** A kubeconfig (kubernetes.io/docs/reference/config-api/kubeconfig.v1), as far as a product without a terminal can use it. */

/** True if paths can be appended to an address, and nobody's account is in it: `fetch` refuses those at the first call. */
function isBareAddress(address: string): boolean {
  const { username, password, search, hash } = new URL(address);
  return [username, password, search, hash].every((part) => part === "");
}

const text = z.string("is not a text").min(1, "is empty");
export const named = z.looseObject({ name: text });
export const fileSchema = z.looseObject({
  "current-context": text.optional(),
  contexts: z.array(named, "is not a list").nullish(),
  clusters: z.array(named, "is not a list").nullish(),
  users: z.array(named, "is not a list").nullish(),
});
export const contextSchema = z.looseObject({ cluster: text, user: z.string("is not a text").optional() });
export const clusterSchema = z.looseObject({
  server: z
    .url({ protocol: /^https?$/, error: "is not an address (https://host:port)", abort: true })
    .refine(isBareAddress, "has more than a host, a port and a path (put the account into users)"),
  "certificate-authority": text.optional(),
  "certificate-authority-data": text.optional(),
  "insecure-skip-tls-verify": z.boolean("is neither true nor false").optional(),
  "tls-server-name": text.optional(),
  "proxy-url": z
    .url({ protocol: /^(https?|socks5h?)$/, error: "is not the address of an HTTP or SOCKS5 proxy (http://host:port)" })
    .optional(),
});
const execSchema = z.looseObject({
  command: text,
  args: z.array(z.string("is not a text")).nullish(),
  env: z.array(z.object({ name: text, value: z.string("is not a text") })).nullish(),
  interactiveMode: z.enum(["Never", "IfAvailable"], "is not possible: nobody sits in front of the product").optional(),
  provideClusterInfo: z
    .literal(false, "is not supported (use a plugin that needs no cluster information, a token or a certificate)")
    .optional(),
});
const unsupported = z.undefined("is not supported (use `as` alone, or bind the role to the account itself)").optional();
export const userSchema = z.looseObject({
  // Line ends at its own end are taken off.
  token: text.regex(/^[\x21-\x7e]+\s*$/, "has signs that no HTTP header can have").optional(),
  tokenFile: text.optional(),
  // Not of kubectl: the client library knew it under this name before.
  "token-file": text.optional(),
  "client-certificate": text.optional(),
  "client-certificate-data": text.optional(),
  "client-key": text.optional(),
  "client-key-data": text.optional(),
  username: text.optional(),
  password: text.optional(),
  as: text.optional(),
  "as-uid": unsupported,
  "as-groups": unsupported,
  "as-user-extra": unsupported,
  exec: execSchema.nullish(),
  "auth-provider": z
    .undefined("is not supported, as in kubectl since 1.26 (use exec, a token or a certificate)")
    .or(z.object({ name: z.string(), config: z.object({ tokenFile: text }) }))
    .nullish(),
});
