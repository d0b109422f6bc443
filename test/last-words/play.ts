import type { Trouble } from "../faults/trouble.ts";
import { judge, newcomer, type Word } from "./model.ts";
import { type Actor, actorOf, speak } from "./say.ts";
import type { Stage } from "./stage.ts";

/** What some people say, and what begins to fail meanwhile. */
export interface Round {
  words: readonly { who: number; word: Word }[];
  /** It begins before the words are said, or while the product works on them. */
  trouble: { what: Trouble; seconds: number; begins: "before" | "meanwhile" } | null;
  passSeconds: number;
}

const reconcileSeconds = 900;
const graceSeconds = 300;
/** Within this time after the last trouble everything must be as it should be. */
const settleSeconds = 2 * reconcileSeconds + graceSeconds + 120;

/** Plays a whole story with new people, and returns what was wrong during it or at its end. */
export async function play(stage: Stage, rounds: readonly Round[]): Promise<string[]> {
  const { troubles, pass } = stage;
  const usernames = await stage.people();
  const actors = usernames.map((username) => actorOf(username, newcomer));
  const bystanders = await stage.bystanders();
  const wrong: string[] = [];
  for (const { words, trouble, passSeconds } of rounds) {
    for (const { who, word } of words) actors[who]?.waiting.push(word);
    const begin = async (when: string) => {
      if (trouble?.begins === when) await troubles.begin(trouble.what, trouble.seconds);
    };
    await begin("before");
    for (const actor of actors) await speak(stage, actor);
    await begin("meanwhile");
    await pass(passSeconds);
    for (const [username, count] of await stage.openDesktops(usernames))
      if (count > 1) wrong.push(`${username} may open ${count} desktops at once`);
    await noteWhatCameUp(stage, actors);
  }
  await troubles.end();
  wrong.push(...(await settle(stage, actors)));

  const look = await stage.look();
  for (const { username, person } of actors)
    wrong.push(...judge(username, person, (workspace) => look(username, workspace)));
  for (const actor of actors) wrong.push(...(await brokenPromises(stage, actor)));
  wrong.push(...(await stillTroubled(stage)));
  wrong.push(...(await retireEverybody(stage, usernames)));
  const after = await stage.bystanders();
  for (const [name, what] of Object.entries(bystanders))
    if (after[name] !== what) wrong.push(`not theirs, but changed: ${name}: ${what} -> ${after[name]}`);
  await stage.forget(usernames);
  return wrong;
}

/** All is well: whoever was told to ask again does so, and the timers have their time. */
async function settle(stage: Stage, actors: readonly Actor[]): Promise<string[]> {
  for (let tries = 0; tries < 4 && actors.some(({ waiting }) => waiting.length > 0); tries += 1) {
    for (const actor of actors) await speak(stage, actor);
    await stage.pass(60);
  }
  await stage.pass(60);
  for (const actor of actors) await askAgainIfFailed(stage, actor);
  await stage.pass(settleSeconds);
  return actors.flatMap(({ username, waiting }) =>
    waiting.map((word) => `${username} was told to ask again for ever: ${JSON.stringify(word)}`),
  );
}

/** A desktop that could not come up is not tried again, but told: its person tries again. */
async function askAgainIfFailed(stage: Stage, actor: Actor): Promise<void> {
  const { wants } = actor.person;
  if (wants === null) return;
  const look = await stage.look();
  if (look(actor.username, wants).mayOpen) return;
  actor.waiting.push({ says: "log in", workspace: wants });
  await speak(stage, actor);
}

/** From now on they expect to find again what came up. */
async function noteWhatCameUp(stage: Stage, actors: readonly Actor[]): Promise<void> {
  if (stage.troubles.now.length > 0) return;
  for (const actor of actors) {
    const { wants, keeps } = actor.person;
    if (wants === null || keeps.has(wants) || actor.login === undefined) continue;
    if ((await stateOf(stage, actor.login)) === "done")
      actor.person = { ...actor.person, keeps: new Set([...keeps, wants]) };
  }
}

async function stateOf({ estate }: Stage, id: string): Promise<string> {
  return (await estate.callAsService("GET", `/operations/${id}`)).body.state;
}

/** Operations that were accepted and did not come to the end that was promised. */
async function brokenPromises(stage: Stage, { username, operations }: Actor): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, mayFail } of operations) {
    const state = await stateOf(stage, id);
    if (!["done", "superseded", ...(mayFail ? ["failed"] : [])].includes(state))
      wrong.push(`an operation of ${username} is ${state}`);
  }
  return wrong;
}

/** What the product itself says is not well. */
async function stillTroubled({ estate }: Stage): Promise<string[]> {
  const health = await estate.call<{ status: string; stuck: string[] }>("olga", "GET", "/health/ready");
  const { status, stuck } = health.body;
  const drift = await estate.call<{ drifts: object[]; unanswered: string[] }>(
    "olga",
    "POST",
    "/maintenance/reconcile?dryRun=true",
  );
  return [
    ...(status === "ready" ? [] : [`the product is ${status}`]),
    ...stuck.map((words) => `stuck: ${words}`),
    ...drift.body.drifts.map((each) => `drift: ${JSON.stringify(each)}`),
    ...drift.body.unanswered,
  ];
}

async function retireEverybody(stage: Stage, usernames: readonly string[]): Promise<string[]> {
  for (const username of usernames) await stage.estate.call("olga", "DELETE", `/users/${username}`);
  await stage.pass(120);
  const look = await stage.look();
  const gone = { ...newcomer, may: new Set<never>() };
  return usernames.flatMap((username) =>
    judge(username, gone, (workspace) => look(username, workspace)).map((words) => `after a retirement: ${words}`),
  );
}
