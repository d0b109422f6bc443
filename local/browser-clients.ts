import type { BrowserClient } from "@stand-in/identity";

/** The portal's client in the realms that are started here: the default of PORTAL_CLIENT_ID. */
export const portalClientId = "desktops-portal";

/** The addresses of the portal on this machine: people type either name. */
function portalOrigins(product: string): string[] {
  const { port } = new URL(product);
  return [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
}

/** What the portal's client in a realm lists, as infra/keycloak/sde-realm.json has it. */
export function portalAddresses(product: string): { origins: string[]; pages: string[] } {
  const origins = portalOrigins(product);
  return { origins, pages: origins.flatMap((origin) => [`${origin}/`, `${origin}/console`]) };
}

/** The portal and Guacamole as the stand-in's clients. */
export function browserClients(product: string, guacamoleUrl: string, backchannelLogout: string): BrowserClient[] {
  const { origins, pages } = portalAddresses(product);
  return [
    {
      id: portalClientId,
      flow: "code",
      redirectUris: pages,
      postLogoutRedirectUris: pages,
      webOrigins: origins,
      scopes: ["profile", "roles", "web-origins", "basic", "acr"],
      roles: ["desktop-admin"],
      backchannelLogout,
    },
    {
      id: "guacamole",
      flow: "implicit",
      redirectUris: [`${guacamoleUrl}/*`],
      postLogoutRedirectUris: [`${guacamoleUrl}/*`],
      webOrigins: [],
      scopes: ["profile", "email", "roles", "web-origins", "basic", "acr"],
      roles: [],
    },
  ];
}
