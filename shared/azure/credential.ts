import type { DefaultAzureCredential } from "@azure/identity";
import { ProductError } from "../errors.ts";

let credential: Promise<DefaultAzureCredential> | undefined;

/** The app's identity: managed identity in Azure, the developer's own sign-in elsewhere. */
export function azureCredential(): Promise<DefaultAzureCredential> {
  return (credential ??= import("@azure/identity").then(({ DefaultAzureCredential: Credential }) => new Credential()));
}

/** An access token that Azure Database for PostgreSQL takes as a password; the SDK keeps it until shortly before it expires. */
export async function databaseToken(): Promise<string> {
  try {
    const { token } = await (await azureCredential()).getToken("https://ossrdbms-aad.database.windows.net/.default");
    return token;
  } catch (error) {
    throw new ProductError(
      "guacamole-unavailable",
      "get a database token: the app's identity gave none (check its managed identity and DATABASE_AUTH)",
      { cause: error },
    );
  }
}
