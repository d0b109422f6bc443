import type { KubeConfig } from "@kubernetes/client-node";

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];

/** The authProvider of a user whose token is asked for: not a file's, and none that the client library knows. */
export const entra = { name: "entra", config: {} };

/** Asks for the token with each call and each watch: whoever gives it keeps it, and renews it before it ends. */
export function tokensAskedFor(token: () => Promise<string>): Authenticator {
  return {
    isAuthProvider: ({ authProvider }) =>
      (authProvider as Partial<typeof entra> | null | undefined)?.name === entra.name,
    async applyAuthentication(_user, options: { headers?: unknown }) {
      options.headers = { ...(options.headers as object), Authorization: `Bearer ${await token()}` };
    },
  };
}
