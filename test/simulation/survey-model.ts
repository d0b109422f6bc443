import type { Decision } from "../../shared/desktop/decision.ts";
import type { Binding, Workspace } from "../../shared/desktop/entitlement.ts";
import type { KnownDesktop } from "../../shared/desktop/known-desktop.ts";
import type { decideReaping } from "../../shared/lifecycle/reaping.ts";
import type { ReapSurvey } from "../../shared/lifecycle/runs.ts";
import type { ActiveTunnel, ConnectionSessions, SessionHistory } from "../../shared/lifecycle/sessions.ts";
import {
  decideSurvey,
  type Gathered,
  type Survey,
  type SurveyedDesktop,
  summarize,
} from "../../shared/lifecycle/survey.ts";
import type { Estate } from "./estate-model.ts";
import { type Desktop, iso, workspace } from "./truth.ts";

/** Which of Guacamole's own words there are besides its history. */
export interface Sources {
  /** Since when its instances run. */
  instancesKnown: boolean;
  /** Which connections are active. */
  restAsked: boolean;
}

/** What a timer run saw of one desktop and made of it. */
export interface Sighting {
  desktop: Desktop;
  history: SessionHistory;
  decision: Decision;
  gathered: Gathered;
}

/** A desktop with what Guacamole's history held of it when that was read. */
interface Read {
  desktop: Desktop;
  sessions: ConnectionSessions;
}

export interface SurveyModel {
  read(desktop: Desktop): Read;
  /** What is decided now about a desktop whose sessions were read a moment before. */
  inspect(read: Read): Decision;
  /** What a run of the timer comes to. */
  survey(watch?: (sighting: Sighting) => void): ReapSurvey;
}

/** What cannot be read if a source does not answer, in the product's words. */
export const unread = {
  bindings: "who may use what cannot be read",
  switch: "the maintenance switch cannot be read",
  history: "Guacamole's history cannot be read",
  active: "Guacamole's list of connections cannot be read",
};
const pausedBy = { by: "admin", since: "2026-01-01T00:00:00.000Z" };
const dates = { availableFrom: "2020-01-01", expires: "2030-01-01" };
const workspaces: Workspace[] = [{ name: workspace, displayName: workspace, description: "", ...dates }];
/** A policy with nothing set but its image. */
export const desktopDefaults = { image: "desktop" };

interface Options extends Sources {
  estate: Estate;
  decideReaping: typeof decideReaping;
}

/** What the product's survey reads, from the model's estate; what is made of it is the product's own. */
export function surveyOver({ estate, instancesKnown, restAsked, decideReaping }: Options): SurveyModel {
  const { guacamole, isAway, timeline } = estate;
  const numbers = new Map(estate.desktops.map(({ username }, number) => [username, number]));
  const connectionOf = (username: string) => numbers.get(username) as number;
  /** By the id of their connection, as are the bindings. */
  const knownDesktops = estate.desktops.map(knownDesktop);
  const bindings = estate.desktops.map(({ username }): Binding => ({
    name: username,
    username,
    workspace,
    claims: [],
    expires: dates.expires,
  }));

  function gather(read: readonly Read[]): Gathered {
    const unanswered: string[] = [];
    const answer = <T>(source: keyof typeof unread, up: boolean, given: () => T): T | null => {
      if (up) return given();
      unanswered.push(unread[source]);
      return null;
    };
    const known = () => ({
      workspaces,
      bindings: read.map(({ sessions }) => bindings[sessions.connectionId] as Binding),
      unreadable: { workspaces: [], bindings: [] },
    });
    const since = guacamole.oldestStarts.at(-1)?.since ?? null;
    return {
      at: new Date(timeline.now()),
      settings: { timeZone: "UTC", desktopDefaults },
      deployed: read.map(({ desktop: { life, ready }, sessions }) => ({
        ...(knownDesktops[sessions.connectionId] as KnownDesktop),
        replicas: life ? 1 : 0,
        side: { replicas: life ? 1 : 0, ready: ready ? 1 : 0, ports: [], ownPassword: false },
        startedAt: life?.started ?? null,
        startNoted: true,
        ours: true,
      })),
      records: new Map(read.flatMap(({ desktop: { username, record } }) => (record ? [[username, record]] : []))),
      damaged: [],
      known: answer("bindings", !isAway("bindings"), known),
      policies: new Map(),
      maintenance: answer("switch", !isAway("switch"), () => (isAway("paused") ? { reaping: pausedBy } : {})),
      sessions: answer("history", estate.databaseAnswers(), () => read.map(({ sessions }) => sessions)),
      active: restAsked ? answer("active", restAnswers(estate), activeIn) : null,
      guacamoleSince: instancesKnown && since !== null ? iso(since) : null,
      unanswered,
      doubts: unanswered,
    };
  }

  /** The tunnels that Guacamole shows as active. */
  function activeIn(): ActiveTunnel[] {
    const sessions = guacamole.instances.flatMap((instance) => [...instance.sessions]);
    const listed = sessions.filter(({ listedAt }) => listedAt <= timeline.now());
    return listed.map(({ life: { username }, row }) => ({
      connectionId: connectionOf(username),
      entity: username,
      startedAt: row.start,
    }));
  }

  /** Decides as the product does. */
  function decide(read: readonly Read[], watch?: (sighting: Sighting) => void): Survey {
    const gathered = gather(read);
    const survey = decideSurvey(gathered, decideReaping);
    for (const [index, { decision }] of survey.desktops.entries()) {
      const { desktop, sessions } = read[index] as Read;
      noteDecision(desktop, sessions, decision);
      watch?.({ desktop, history: sessions.history, decision, gathered });
    }
    return survey;
  }

  const read = (desktop: Desktop): Read => {
    const { username, history } = desktop;
    const { open, lastStart, lastEnd, lastAttempt } = history;
    const starts = open.map(({ start }) => start);
    const connectionId = connectionOf(username);
    const read = { open: starts, lastStart, lastEnd, lastAttempt };
    const sessions = { workspace, username, connectionId, host: null, history: read };
    return { desktop, sessions };
  };

  return {
    read,
    inspect: (desktop) => (decide([desktop]).desktops[0] as SurveyedDesktop).decision,
    survey: (watch) => summarize(decide([...estate.running].map(read), watch)),
  };
}

/** Whether Guacamole says who is connected: it takes every instance. */
export function restAnswers({ isAway, guacamole }: Estate): boolean {
  return !isAway("REST") && guacamole.instances.every(({ up }) => up);
}

/** Notes what the person was promised, and which of their sessions are known. */
function noteDecision({ life }: Desktop, { history }: ConnectionSessions, { action, rule, next }: Decision): void {
  if (!life || action !== "keep") return;
  if (next?.action === "suspend") life.announced = next.at;
  if (rule !== "in-use") return;
  for (const session of life.sessions) session.seen ||= history.open.includes(session.row.start);
}

export function knownDesktop({ username }: Desktop): KnownDesktop {
  const names = { deployment: username, service: username, secret: username, networkPolicy: username, host: username };
  return { workspace, username, names: { ...names, group: workspace, connection: username, entity: username } };
}
