import { deploymentName } from "../../shared/desktop/names.ts";
import { stableId } from "@stand-in/identity";
import { closeSessions, openSession } from "../keycloak-person.ts";
import { byGroup, canSay, hear, type Person, type Word } from "./model.ts";
import { group, patchBinding, removeBinding, replicasOf, type Stage } from "./stage.ts";

/** Somebody in a play: what they said last, and what they have yet to say. */
export interface Actor {
  username: string;
  person: Person;
  waiting: Word[];
  session: string | undefined;
  /** What was promised to them. Only work on a desktop that comes up may fail for good. */
  operations: { id: string; mayFail: boolean }[];
  /** The operation of the login that said what they want now. */
  login: string | undefined;
}

export function actorOf(username: string, person: Person): Actor {
  return { username, person, waiting: [], session: undefined, operations: [], login: undefined };
}

/** Says what is waiting, in order, until something has to be said again. */
export async function speak(stage: Stage, actor: Actor): Promise<void> {
  for (let word = actor.waiting[0]; word; word = actor.waiting[0]) {
    if (canSay(actor.person, word)) {
      const said = await say(stage, actor, word);
      if (said === "again later") return;
      if (said === "heard") actor.person = hear(actor.person, word);
    }
    actor.waiting.shift();
  }
}

type Said = "heard" | "not said" | "again later";

async function say(stage: Stage, actor: Actor, word: Word): Promise<Said> {
  const { estate, pass, troubles } = stage;
  const { username, person } = actor;
  const id = stableId(username);
  const path = `/users/${username}/desktop`;
  const byAdministrator = (verb: string, workspace: string, more: object = {}) =>
    call(stage, actor, "POST", `/desktops/${deploymentName({ workspace, username })}/${verb}`, {
      reason: "the test",
      ...more,
    });
  switch (word.says) {
    case "log in": {
      actor.session ??= (await estate.identity.signIn(username, { ownSession: true })).session;
      const claims = { groups: person.may.has(byGroup) ? [group] : [] };
      const wish = { workspace: word.workspace, subject: id, session: actor.session, claims };
      const said = await call(stage, actor, "PUT", path, wish);
      if (said === "heard") actor.login = actor.operations.at(-1)?.id;
      if (said === "not said")
        throw new Error(`${username} may have a desktop in ${word.workspace}, but it was refused`);
      return said;
    }
    case "ask for none":
      return call(stage, actor, "DELETE", path);
    case "log out":
      await endSessions(stage, username);
      await hearing(stage, word.heard, () => estate.identity.logOut(username));
      actor.session = undefined;
      return "heard";
    case "connect":
      if (person.wants === null || (await stage.openDesktops([username])).size === 0) return "not said";
      return openSession(estate, person.wants, username).then(
        () => "heard",
        () => "not said", // the one that can be opened is still the previous one
      );
    case "disconnect":
      await endSessions(stage, username);
      return "heard";
    case "delete in Keycloak":
      await endSessions(stage, username);
      await hearing(stage, word.heard, async () => (await stage.keycloak()).users.del({ id }));
      return "heard";
    case "disable in Keycloak":
      await hearing(stage, word.heard, async () => (await stage.keycloak()).users.update({ id }, { enabled: false }));
      return "heard";
    case "take out of the group":
      await hearing(stage, word.heard, async () =>
        (await stage.keycloak()).users.delFromGroup({ id, groupId: stableId(`group ${group}`) }),
      );
      return "heard";
    case "end binding": {
      const name = `${word.workspace}-${username}`;
      if (word.by === "removal") await removeBinding(estate, name);
      else await patchBinding(estate, name, { expires: "2020-12-31" });
      return "heard";
    }
    case "scale binding": {
      // A scale has no time: nobody can tell whether it is newer than what else is said in the same minute.
      await troubles.end();
      await pass(90);
      const name = `${word.workspace}-${username}`;
      if (((await replicasOf(estate, name)) ?? 0) === word.to) return "not said";
      await patchBinding(estate, name, { replicas: word.to });
      actor.login = undefined;
      await pass(90);
      return "heard";
    }
    case "suspend":
      return byAdministrator("suspend", person.wants ?? "");
    case "extend":
      return byAdministrator("extend", person.wants ?? "", { until: new Date(Date.now() + 86_400_000).toISOString() });
    case "retire desktop":
      return byAdministrator("retire", word.workspace);
    case "retire person":
      return call(stage, actor, "DELETE", `/users/${username}`);
  }
}

/** Calls the API: as the login flow does, or as an administrator. Whoever is told to ask again does so. */
async function call({ estate }: Stage, actor: Actor, method: string, path: string, body?: object): Promise<Said> {
  const isOwn = path === `/users/${actor.username}/desktop`;
  const reply = await (
    isOwn ? estate.callAsService(method, path, body) : estate.call("olga", method, path, body)
  ).catch((error: unknown) => {
    if (error instanceof TypeError) return null; // the host is down
    throw error;
  });
  if (!reply || reply.status >= 500 || (reply.body as { code?: string }).code === "being-retired") return "again later";
  if (reply.status >= 400) return "not said";
  if ("id" in reply.body) actor.operations.push({ id: reply.body.id, mayFail: method === "PUT" });
  return "heard";
}

/** What Keycloak does while its events, and its calls at a logout, arrive or get lost. */
async function hearing({ estate }: Stage, heard: boolean, change: () => Promise<unknown>): Promise<void> {
  if (!heard) estate.identity.tell({});
  await change();
  if (!heard) estate.listen();
}

/** The person closes Guacamole. */
async function endSessions({ estate }: Stage, username: string): Promise<void> {
  const { rows } = await estate.guacamole.query<{ workspace: string }>(
    `SELECT connection_group_name AS workspace FROM guacamole_connection c
     JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id WHERE connection_name = $1`,
    [username],
  );
  for (const { workspace } of rows) await closeSessions(estate, workspace, username);
}
