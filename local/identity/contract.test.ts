import { exportJWK, generateKeyPair } from "jose";
import { type BrowserClient, startIdentityProvider } from "./provider.ts";
import { describeIdentityContract } from "./contract.ts";

const clients = {
  service: { id: "workspace-action", secret: "one" },
  lookup: { id: "guacamole-workspaces-lookup", secret: "two" },
  administrator: { id: "realm-admin", secret: "three" },
};
const people = { alice: "/asthma", bob: "/registry/readers", carol: null, dan: null, olga: null };

const origin = "http://localhost:7071";
/** As infra/keycloak/sde-realm.json has them. */
function browserClients(backchannelLogout?: string): BrowserClient[] {
  const pages = [`${origin}/`, `${origin}/console`];
  const guacamole = ["http://localhost:8080/guacamole/*"];
  const scopes = ["acr", "basic", "profile", "roles", "web-origins"];
  return [
    {
      ...{ id: "desktops-portal", flow: "code", scopes, roles: ["desktop-admin"] },
      ...{ redirectUris: pages, postLogoutRedirectUris: pages, webOrigins: [origin] },
      ...(backchannelLogout !== undefined && { backchannelLogout }),
    },
    {
      ...{ id: "guacamole", flow: "implicit", scopes: [...scopes, "email"], roles: [] },
      ...{ redirectUris: guacamole, postLogoutRedirectUris: guacamole, webOrigins: ["http://localhost:8080"] },
    },
  ];
}

const named = { kid: "k1", alg: "ES256" };
const pair = await generateKeyPair(named.alg, { extractable: true });
const keyed = { id: "keyed", key: { ...(await exportJWK(pair.privateKey)), ...named } };
const publicKey = { ...(await exportJWK(pair.publicKey)), ...named };

for (const [imitates, events] of [
  ["26.7.3", "0.62"],
  ["25.0.4", "0.33"],
] as const)
  describeIdentityContract(`the stand-in as Keycloak ${imitates}`, { keycloak: imitates, events }, async () => {
    const provider = await startIdentityProvider({
      store: ":memory:",
      imitates,
      tokensAreLogins: false,
      audience: "guacamole-workspaces",
      clients: [
        { ...clients.service, roles: ["desktop-service"] },
        { ...clients.lookup, roles: [], managementRoles: ["view-users", "query-users", "query-groups"] },
        { ...clients.administrator, roles: [], managementRoles: ["view-users", "manage-users"] },
        { id: keyed.id, secret: "", key: publicKey, roles: [] },
      ],
      users: Object.entries(people).map(([username, group]) => ({
        username,
        password: username,
        ...(group !== null && { claims: { groups: [group] } }),
        ...(username === "olga" && { roles: ["desktop-admin"] }),
      })),
      browserClients: browserClients(),
    });
    return {
      ...{ name: "sde", issuer: provider.issuer, ...clients, keyed, portal: { id: "desktops-portal", origin } },
      signIn: (username) => Promise.resolve(provider.signIn(username, { ownSession: true })),
      tell(told) {
        provider.tell(told);
        provider.setBrowserClients(browserClients(told.backchannelLogout));
        return Promise.resolve();
      },
      rotateKeys: () => provider.rotateKeys(),
      close: () => provider.close(),
    };
  });
