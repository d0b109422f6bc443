import type { Services } from "../services.ts";
import type { Looks } from "./doctor.ts";

/** What the doctor looks at in the app itself: as the product's account, and nothing else. */
export function looksOf({ settings, workspaces, policies, estate, realmKeys, directory }: Services): Looks {
  return {
    settings,
    cluster: { estate: estate.cluster, elsewhere: estate.cluster, workspaces, policies },
    guacamole: estate.database,
    realmKeys,
    readIssuer: estate.readIssuer,
    directory,
  };
}
