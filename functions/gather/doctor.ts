import type { Settings } from "../../shared/config.ts";
import type { EstateInDatabase } from "../../shared/guacamole/estate.ts";
import type { Directory } from "../../shared/identity/directory.ts";
import type { RealmKeys } from "../../shared/identity/realm-keys.ts";
import type { Check, Finding } from "../../shared/lifecycle/doctor/check.ts";
import { examine } from "../../shared/lifecycle/doctor/examine.ts";
import type { DatabaseFacts, Expected, RealmFacts } from "../../shared/lifecycle/doctor/facts.ts";
import { findingOf } from "../../shared/lifecycle/doctor/finding-of.ts";
import { namingRules } from "../services.ts";
import { type ClusterLooks, gatherCluster, podsOfSettings } from "./cluster-facts.ts";
import { inTime, knownOf, unseen } from "./known-of.ts";

/** All that the doctor looks at. */
export interface Looks {
  settings: Settings;
  /** Or why there is none to be asked. */
  cluster: ClusterLooks | Finding;
  guacamole: EstateInDatabase;
  realmKeys: Pick<RealmKeys, "fault">;
  /** What the issuer calls itself. */
  readIssuer: () => Promise<string>;
  directory: Pick<Directory, "fault" | "gaps" | "clients"> | undefined;
}

/** Looks at the whole estate, and says of each check how it is. Changes nothing, and never throws for what it finds. */
export async function examineEstate(looks: Looks): Promise<Check[]> {
  const [cluster, database, realm] = await Promise.all([
    gatherCluster(looks.settings, looks.cluster),
    gatherDatabase(looks.guacamole),
    gatherRealm(looks),
  ]);
  return examine({ cluster, database, realm }, expectedOf(looks.settings));
}

function expectedOf(settings: Settings): Expected {
  return {
    ...podsOfSettings(settings),
    asksGuacamole: settings.GUACAMOLE_API_URLS !== undefined,
    dns: settings.CLUSTER_DNS,
    naming: namingRules({ settings }),
    oidc: { issuer: settings.OIDC_ISSUER, audience: settings.OIDC_AUDIENCE, clients: settings.OIDC_CLIENTS },
    guacamoleClient: settings.GUACAMOLE_CLIENT,
    lookupClient: settings.KEYCLOAK_ADMIN_CLIENT,
  };
}

async function gatherDatabase(guacamole: EstateInDatabase): Promise<DatabaseFacts> {
  try {
    const schema = await inTime(() => guacamole.schema());
    const asExpected = schema.schema !== null && schema.lacks.length === 0;
    const unknown = unseen("Guacamole's tables are not as expected", "guacamole-schema");
    const [rightsFault, names] = asExpected
      ? await Promise.all([knownOf(() => guacamole.rightsFault()), knownOf(() => guacamole.names())])
      : [unknown, unknown];
    return { fault: null, schema: { known: schema }, rightsFault, names };
  } catch (error) {
    const unknown = unseen("Guacamole's database cannot be used", "database");
    return { fault: findingOf(error), schema: unknown, rightsFault: unknown, names: unknown };
  }
}

async function gatherRealm({ settings, realmKeys, readIssuer, directory }: Looks): Promise<RealmFacts> {
  const names = [...new Set([settings.GUACAMOLE_CLIENT, ...settings.OIDC_CLIENTS])];
  const [keysFault, issuer, lookupFault, lookupGaps, clients] = await Promise.all([
    realmKeys.fault(),
    knownOf(readIssuer),
    directory?.fault() ?? null,
    directory?.gaps() ?? [],
    directory?.clients(names) ??
      new Map(
        names.map((name) => [
          name,
          unseen(
            "Keycloak is not asked, since KEYCLOAK_ADMIN_CLIENT is not set",
            "infra/keycloak/README.md, section 7",
          ),
        ]),
      ),
  ]);
  return {
    keysFault,
    issuer,
    lookupFault,
    lookupGaps: lookupGaps.map((words) => findingOf(new Error(words))),
    clients,
  };
}
