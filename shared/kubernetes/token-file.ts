import { readFile } from "node:fs/promises";
import type { KubeConfig, User } from "@kubernetes/client-node";

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];

const name = "token-in-file";

/** The authProvider of a user whose token stands in a file. */
export function inFile(path: string): { name: string; config: { path: string } } {
  return { name, config: { path } };
}

function pathOf({ authProvider }: User): string | undefined {
  const provider = authProvider as Partial<ReturnType<typeof inFile>> | null | undefined;
  return provider?.name === name ? provider.config?.path : undefined;
}

/**
 * Reads the token's file for each request: kubelets and others rotate it (BoundServiceAccountToken). While it cannot be
 * read, the last token is used, as in client-go.
 */
export function tokensInFiles(): Authenticator {
  const last = new Map<string, string>();
  return {
    isAuthProvider: (user) => pathOf(user) !== undefined,
    async applyAuthentication(user, options: { headers?: unknown }) {
      const path = pathOf(user) ?? "";
      const read = await readFile(path, "utf8").then(
        (content) => content.trim(),
        () => "",
      );
      const token = read === "" ? last.get(path) : read;
      if (token === undefined) throw new Error(`read token: ${path} is empty or cannot be read`);
      last.set(path, token);
      options.headers = { ...(options.headers as object), Authorization: `Bearer ${token}` };
    },
  };
}
