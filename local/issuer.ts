import { readFile, stat } from "node:fs/promises";
import { audience, addressesAt, type IdentitySource } from "./identity-source.ts";
import { portalAddresses, portalClientId } from "./browser-clients.ts";
import { passedOn } from "./passed-on.ts";
import { said } from "./said.ts";
import { clientToken } from "./token.ts";

/** An identity provider that runs elsewhere, and a client of it that may ask for anybody's desktop. */
export interface IssuerOptions {
  issuer: string;
  client: string;
  secretFile: string;
}

/** Checks an identity provider that runs elsewhere. Throws one sentence if it cannot be used as it is named. */
export async function useIssuer(
  { issuer, client, secretFile }: IssuerOptions,
  environment: NodeJS.ProcessEnv,
): Promise<IdentitySource> {
  await readSecretFile(secretFile);
  await checkDiscovery(issuer);
  const token = async () => clientToken(issuer, { id: client, secret: await readSecretFile(secretFile) });
  await token().catch((error: unknown) => {
    throw new Error(
      `${said(error)} (is the secret in ${secretFile} that of ${client}, and does the client have a service account?)`,
      { cause: error },
    );
  });
  const webhook = environment["KEYCLOAK_WEBHOOK"] ?? "off";
  return {
    issuer,
    description: `${issuer} (yours)`,
    ports: {},
    settings: {
      OIDC_AUDIENCE: audience,
      OIDC_CLIENTS: `${client},guacamole-workspaces-cli,${portalClientId}`,
      ...passedOn(environment, /^(OIDC|KEYCLOAK)_/),
      OIDC_ISSUER: issuer,
    },
    running: { issuer, client: { id: client, secretFile } },
    token,
    tell: () => Promise.resolve(),
    advice: (product) => {
      const { events, backchannelLogout } = addressesAt(product);
      return [
        `The token is that of the client ${client}, which may act for anybody. A person's own token acts for that person;`,
        "it is accepted from each client in OIDC_CLIENTS.",
        "Your identity provider tells the product what happens if you point it there (infra/keycloak/README.md, 5 and 6):",
        `  webhook               ${events} (KEYCLOAK_WEBHOOK is ${webhook})`,
        `  back-channel logout   ${backchannelLogout}`,
        `People sign in to the portal by the client ${portalClientId} of your realm (infra/keycloak/README.md, 8), with the redirect URIs`,
        `  ${portalAddresses(product).pages.join(" ")}`,
      ];
    },
    close: () => Promise.resolve(),
  };
}

/** Returns the secret in a file. Throws if it has none, or if other users of this machine may read it. */
export async function readSecretFile(file: string): Promise<string> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Error("it is a folder (name a file)");
    if ((found.mode & 0o077) !== 0)
      throw new Error(`other users of this machine may read or change it (make it yours alone: chmod 600 ${file})`);
    const secret = (await readFile(file, "utf8")).trim();
    if (secret === "") throw new Error("it is empty (write the client's secret into it)");
    return secret;
  } catch (error) {
    throw new Error(`read --secret-file ${file}: ${said(error)}`, { cause: error });
  }
}

async function checkDiscovery(issuer: string): Promise<void> {
  const address = `${issuer}/.well-known/openid-configuration`;
  const response = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(10_000) }).catch(
    (error: unknown) => {
      throw new Error(
        `reach --issuer ${issuer}: ${said(error)} (is it running, and can this machine reach and trust it?)`,
        { cause: error },
      );
    },
  );
  const document = (await response.json().catch(() => undefined)) as { issuer?: unknown } | undefined;
  if (!response.ok || typeof document?.issuer !== "string")
    throw new Error(
      `read --issuer ${issuer}: ${address} answered ${response.status} and no discovery document (give the realm's address, such as https://keycloak.example/realms/sde)`,
    );
  if (document.issuer !== issuer)
    throw new Error(
      `read --issuer ${issuer}: it calls itself ${document.issuer} there (give that address; Keycloak's is fixed by KC_HOSTNAME)`,
    );
}
