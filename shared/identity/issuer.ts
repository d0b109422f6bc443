import { z } from "zod";

const discovery = z.object({ issuer: z.string() });

/**
 * What an issuer calls itself (OpenID Connect Discovery 1.0, section 4). Throws if it does not say.
 */
export async function readIssuer(issuer: string, get: typeof fetch = fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  let found: unknown;
  try {
    const response = await get(url, { redirect: "manual", signal: AbortSignal.timeout(5_000) });
    if (response.status !== 200) throw new Error(`it answered ${response.status}`);
    found = await response.json();
  } catch (error) {
    throw new Error(`what the issuer calls itself is not known: ${(error as Error).message} (open ${url} from here)`, {
      cause: error,
    });
  }
  const { data } = discovery.safeParse(found);
  if (!data) throw new Error(`what the issuer calls itself is not known: its answer names no issuer (open ${url})`);
  return data.issuer;
}
