import { stableId } from "@stand-in/identity";
import { openSession, realmAdministrator, subjectOf } from "../keycloak-person.ts";
import { bindingOf, edit, recordOf, remove, type Seed, workspaceOf } from "../seeded-drift.ts";

export const entitlementSeeds: readonly Seed[] = [
  {
    username: "binding-expired",
    what: "that is in use when its binding expires",
    found: [["entitlement-ended", /2020-01-01/]],
    end: "gone",
    async seed(estate, desktop) {
      await openSession(estate, desktop.workspace, desktop.username);
      await edit(estate, { ...bindingOf(desktop), spec: { expires: "2020-01-01" } });
    },
  },
  {
    username: "binding-deleted",
    what: "whose binding was deleted",
    found: [["entitlement-ended", /binding/]],
    end: "gone",
    seed: (estate, desktop) => remove(estate, bindingOf(desktop)),
  },
  {
    username: "unbound-while-suspended",
    what: "that is suspended and whose binding was deleted",
    suspended: true,
    found: [["entitlement-ended", /binding/]],
    end: "gone",
    seed: (estate, desktop) => remove(estate, bindingOf(desktop)),
  },
  {
    username: "workspace-expired",
    workspace: "closed",
    what: "whose workspace expired",
    found: [["entitlement-ended", /2020-12-31/]],
    end: "gone",
    seed: (estate) => edit(estate, { ...workspaceOf("closed"), spec: { validity: { expires: "2020-12-31" } } }),
  },
  {
    username: "workspace-deleted",
    workspace: "dissolved",
    what: "whose workspace was deleted",
    found: [["entitlement-ended", /dissolved/]],
    end: "gone",
    seed: (estate) => remove(estate, workspaceOf("dissolved")),
  },
  {
    username: "alice",
    what: "whose person was deleted at the identity provider",
    found: [["person-gone", /^is no longer known to the identity provider$/]],
    end: "gone",
    async seed(estate) {
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.del({ id: await subjectOf(estate, "alice") });
    },
  },
  {
    username: "dan",
    what: "whose person was disabled at the identity provider",
    found: [["person-gone", /^was disabled at the identity provider$/]],
    end: "gone",
    async seed(estate) {
      const keycloak = await realmAdministrator(estate);
      await keycloak.users.update({ id: await subjectOf(estate, "dan") }, { enabled: false });
    },
  },
  {
    username: "not-retired",
    what: "that is there although its person's retirement was recorded as done",
    found: [["should-be-retired", /^is there, although everything of its person was removed$/]],
    end: "gone",
    seed(estate, { username }) {
      const requestedAt = "2026-01-01T00:00:00.000Z";
      const request = { id: "r", username, workspace: null, retire: true, requestedAt, claims: {} };
      const outcomes = { r: { state: "done", at: requestedAt, message: "nothing of this person is left" } };
      const data = { request: JSON.stringify(request), outcomes: JSON.stringify(outcomes) };
      return edit(estate, { ...recordOf(username), data });
    },
  },
  {
    username: "bob",
    workspace: "cancer-registry",
    byClaims: true,
    what: "whose person lost the group that let them in, and nobody told",
    found: [["entitlement-ended", /as the identity provider knows them now$/]],
    end: "gone",
    async seed(estate) {
      const keycloak = await realmAdministrator(estate);
      const groupId = stableId("group /registry/readers");
      await keycloak.users.delFromGroup({ id: await subjectOf(estate, "bob"), groupId });
    },
  },
];
