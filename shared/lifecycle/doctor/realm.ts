import { type Check, checkOf, checkOfKnown, type Finding, type Known, notUsed, unique } from "./check.ts";
import type { ClusterFacts, Expected, RealmClient, RealmFacts } from "./facts.ts";

const guide = "infra/keycloak/README.md";

export function checkIssuer({ keysFault, issuer }: RealmFacts, { oidc }: Expected): Check {
  const wrong: Finding[] = [
    ...(keysFault === null
      ? []
      : [{ what: keysFault, advice: "check OIDC_ISSUER and OIDC_JWKS_URL, and the way from here to Keycloak" }]),
    ...("known" in issuer && issuer.known !== oidc.issuer
      ? [
          {
            what: `the issuer calls itself ${issuer.known}, and OIDC_ISSUER is ${oidc.issuer}: its tokens are refused`,
            advice: "set OIDC_ISSUER to what the issuer calls itself, or correct Keycloak's hostname",
          },
        ]
      : []),
  ];
  // Without keys, its own word is missing for the same reason.
  const doubts = "unknown" in issuer && keysFault === null ? [issuer.unknown] : [];
  return checkOf("issuer", `its keys are known, and it calls itself ${oidc.issuer}`, { wrong, doubts });
}

export function checkLookupClient({ lookupFault, lookupGaps }: RealmFacts, { lookupClient }: Expected): Check {
  if (lookupClient === undefined)
    return notUsed("lookup-client", "KEYCLOAK_ADMIN_CLIENT is not set: events are believed without asking Keycloak");
  return checkOf("lookup-client", `${lookupClient} may look people up`, {
    wrong: [...(lookupFault ? [lookupFault] : []), ...lookupGaps],
  });
}

/** Keycloak sends no back-channel logout to a client with front-channel logout (AuthenticationManager.backchannelLogoutClientSession). */
export function checkGuacamoleClient({ clients }: RealmFacts, { guacamoleClient: name }: Expected): Check {
  return checkOfKnown("guacamole-client", clientIn(clients, name), (client) => {
    const section = `${guide}, section 6`;
    if (!client)
      return checkOf("guacamole-client", "", {
        wrong: [
          {
            what: `the realm has no client ${name}`,
            advice: "set GUACAMOLE_CLIENT to the client by which people log in to Guacamole",
          },
        ],
      });
    const path = "/api/keycloak/backchannel-logout";
    const { enabled, frontchannelLogout, backchannelUrl, namesSession } = client;
    const faults: (Finding | false)[] = [
      !enabled && {
        what: `the client ${name} is disabled, so nobody can log in to Guacamole`,
        advice: "enable it, or set GUACAMOLE_CLIENT to the client by which people log in to Guacamole",
      },
      frontchannelLogout && {
        what: `the client ${name} has front channel logout on, so Keycloak never calls the back channel: who logs out keeps their desktop`,
        advice: `switch Front channel logout off (${section})`,
      },
      backchannelUrl === ""
        ? {
            what: `the client ${name} has no back-channel logout URL, so nobody tells that people log out`,
            advice: `set Backchannel logout URL to this app's address and ${path} (${section})`,
          }
        : !backchannelUrl.endsWith(path) && {
            what: `the back-channel logout URL of the client ${name} does not end in ${path}: ${backchannelUrl}`,
            advice: `set Backchannel logout URL to this app's address and ${path} (${section})`,
          },
      !namesSession && {
        what: `logout tokens of the client ${name} do not name the session that ended`,
        advice: `switch Backchannel logout session required on (${section})`,
      },
    ];
    return checkOf("guacamole-client", `${name} tells by the back channel that people log out`, {
      wrong: faults.filter((each) => each !== false),
    });
  });
}

export function checkRealmMappers(
  { clients }: RealmFacts,
  { claims }: Pick<ClusterFacts, "claims">,
  { guacamoleClient, oidc, naming }: Expected,
): Check {
  const each = [
    ...oidc.clients.map((name) =>
      faultsOf(name, clients, (client) => callerFaults(name, client, oidc.audience, claims)),
    ),
    faultsOf(guacamoleClient, clients, (client) => nameFaults(guacamoleClient, client, naming.entityTemplate)),
  ];
  const doubts = each.flatMap((found) => found.doubts);
  const isMissing = (name: string) => {
    const client = clientIn(clients, name);
    return "known" in client && client.known === null;
  };
  const noCaller: Finding = {
    what: `the realm has none of the clients ${oidc.clients.join(", ")}, so nobody can call the product`,
    advice: "set OIDC_CLIENTS to the clients that call it",
  };
  const usesClaims = [...clients].some(([name, client]) => oidc.clients.includes(name) && isForPeople(client));
  return checkOf("realm-mappers", "tokens have the audience and the claims that are needed", {
    wrong: [...(oidc.clients.every(isMissing) ? [noCaller] : []), ...each.flatMap((found) => found.wrong)],
    doubts: unique([...doubts, ...(usesClaims && "unknown" in claims ? [claims.unknown] : [])]),
  });
}

function faultsOf(
  name: string,
  clients: RealmFacts["clients"],
  faults: (client: RealmClient) => Finding[],
): { wrong: Finding[]; doubts: Finding[] } {
  const found = clientIn(clients, name);
  if ("unknown" in found) return { wrong: [], doubts: [found.unknown] };
  // That Guacamole's client is missing is told by its own check. A caller that is missing calls nobody; one of them is enough.
  return { wrong: found.known ? faults(found.known) : [], doubts: [] };
}

function callerFaults(
  name: string,
  { mappers, forPeople }: RealmClient,
  audience: string,
  claims: ClusterFacts["claims"],
): Finding[] {
  const hasAudience = mappers.some(
    ({ type, config }) =>
      type === "oidc-audience-mapper" &&
      [config["included.custom.audience"], config["included.client.audience"]].includes(audience) &&
      config["access.token.claim"] === "true",
  );
  const has = (claim: string) =>
    mappers.some(({ config }) => config["claim.name"] === claim && config["access.token.claim"] === "true");
  const missing = forPeople && "known" in claims ? claims.known.filter((claim) => !has(claim)) : [];
  return [
    ...(hasAudience
      ? []
      : [
          {
            what: `access tokens of the client ${name} lack the audience ${audience}, so they are refused`,
            advice: `add an audience mapper to it (${guide}, section 2), or take it out of OIDC_CLIENTS`,
          },
        ]),
    ...missing.map((claim) => ({
      what: `access tokens of the client ${name} lack the claim ${claim}, by which bindings let people in`,
      advice: `add a mapper for that claim to it (${guide}, section 2)`,
    })),
  ];
}

/** The mappers that can hold a name that the login flow chose: ours is a note of the session, the AWMS operator's an attribute. */
const choosing = ["oidc-usersessionmodel-note-mapper", "oidc-usermodel-attribute-mapper"];
/** What Keycloak's own client scopes put into ID tokens of people by such mappers (26.7.3: basic, profile, email, phone, microprofile-jwt). */
const usualClaims: ReadonlySet<string> = new Set([
  ...["auth_time", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "nickname"],
  ...["phone_number", "phone_number_verified", "picture", "preferred_username", "profile", "updated_at", "upn"],
  ...["website", "zoneinfo"],
]);

function nameFaults(name: string, { mappers }: RealmClient, template: string): Finding[] {
  const inIdToken = mappers.filter(({ config }) => config["id.token.claim"] === "true");
  const isChosen = inIdToken.some(
    ({ type, config }) => choosing.includes(type) && !usualClaims.has(config["claim.name"] ?? ""),
  );
  const isTheirs = inIdToken.some(({ config }) => config["claim.name"] === "preferred_username");
  const holds = isChosen || (!template.includes("{workspace}") && isTheirs);
  return holds
    ? []
    : [
        {
          what: `ID tokens of the client ${name} have no claim that can hold ${template}, so Guacamole shows people nothing`,
          advice: `add the mapper for the claim that Guacamole reads (${guide}, section 3)`,
        },
      ];
}

function clientIn(clients: RealmFacts["clients"], name: string): Known<RealmClient | null> {
  return clients.get(name) ?? { unknown: { what: "nobody looked", advice: "report this as a fault" } };
}

function isForPeople(client: Known<RealmClient | null>): boolean {
  return "known" in client && client.known !== null && client.known.forPeople;
}
