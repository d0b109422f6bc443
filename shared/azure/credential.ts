import type { TokenCredential } from "@azure/identity";
import { ProductError } from "../errors.ts";
import { renewedTokens } from "./renewed-tokens.ts";

/**
 * The app's identity: managed identity in Azure (the user-assigned one that AZURE_CLIENT_ID names, if it is set), the
 * developer's own sign-in elsewhere. Loaded only if it is used: the SDK takes a second to import.
 */
async function loadIdentity(): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new DefaultAzureCredential();
}

let credential: Promise<TokenCredential> | undefined;
const tokens = renewedTokens(() => (credential ??= loadIdentity()));

/** The app's identity for the Azure SDK's clients. */
export const azureIdentity: TokenCredential = {
  getToken: (scopes) => tokens.tokenFor([scopes].flat().join(" ")),
};

/** The AKS AAD server application, the same in every tenant (azure.github.io/kubelogin/concepts/aks.html). */
const clusterScope = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";
/** learn.microsoft.com/azure/postgresql/flexible-server/how-to-configure-sign-in-azure-ad-authentication */
const databaseScope = "https://ossrdbms-aad.database.windows.net/.default";

/** An access token for AKS. Rejects with the identity's own words, in one line, if it gives none. */
export async function clusterToken(): Promise<string> {
  try {
    return (await tokens.tokenFor(clusterScope)).token;
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(/\s*\n\s*/g, " "), { cause: error });
  }
}

/** An access token that Azure Database for PostgreSQL takes as a password. */
export async function databaseToken(): Promise<string> {
  try {
    return (await tokens.tokenFor(databaseScope)).token;
  } catch (error) {
    throw new ProductError(
      "guacamole-unavailable",
      "get a database token: the app's identity gave none (check its managed identity and DATABASE_AUTH)",
      { cause: error },
    );
  }
}
