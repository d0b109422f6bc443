import type KeycloakAdminClient from "@keycloak/keycloak-admin-client";
import type { RealmClient } from "../lifecycle/doctor/facts.ts";

type Client = NonNullable<Awaited<ReturnType<KeycloakAdminClient["clients"]["find"]>>>[number];
type Scope = NonNullable<Awaited<ReturnType<KeycloakAdminClient["clientScopes"]["find"]>>>[number];

/** Of a client's representation, and of those of the realm's client scopes, what the doctor looks at. */
export function realmClientOf(client: Client, scopes: readonly Scope[]): RealmClient {
  const {
    enabled = false,
    frontchannelLogout = false,
    attributes = {},
    standardFlowEnabled,
    implicitFlowEnabled,
    directAccessGrantsEnabled,
    protocolMappers = [],
    defaultClientScopes = [],
  } = client;
  const attribute = (name: string) => (attributes as Record<string, string | undefined>)[name] ?? "";
  const inherited = scopes
    .filter(({ name, protocol }) => defaultClientScopes.includes(name ?? "") && protocol === "openid-connect")
    .flatMap((scope) => scope.protocolMappers ?? []);
  return {
    ...{ enabled, frontchannelLogout },
    backchannelUrl: attribute("backchannel.logout.url"),
    namesSession: attribute("backchannel.logout.session.required") === "true",
    forPeople: [standardFlowEnabled, implicitFlowEnabled, directAccessGrantsEnabled].includes(true),
    mappers: [...protocolMappers, ...inherited].map(({ protocolMapper = "", config = {} }) => ({
      type: protocolMapper,
      config: config as Record<string, string>,
    })),
  };
}
