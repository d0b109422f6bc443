import { isNewDecision, lastDecisionOfUse, unusedAt } from "../../shared/person/decisions.ts";
import { lastSeen } from "../../shared/person/presence.ts";
import type { KnownDesktop } from "../../shared/desktop/activities.ts";
import type { decideReaping, DesktopFacts, Limits } from "../../shared/lifecycle/reaping.ts";
import type { Decision } from "../../shared/desktop/decision.ts";
import { mostARun, type ReapSurvey } from "../../shared/lifecycle/runs.ts";
import { countSessions, type SessionHistory } from "../../shared/lifecycle/sessions.ts";
import type { Estate } from "./estate-model.ts";
import { type Desktop, iso, type Life, workspace } from "./truth.ts";

/** Which of Guacamole's own words there are besides its history. */
export interface Sources {
  /** Since when its instances run. */
  instancesKnown: boolean;
  /** Which connections are active. */
  restAsked: boolean;
}

/** What is asked once for all desktops, and what does not answer. */
export interface Look {
  at: Date;
  history: boolean;
  /** Null where Guacamole is not asked, or does not answer. */
  active: ReadonlySet<Life> | null;
  guacamoleSince: string | null;
  bindings: boolean;
  switch: boolean;
  unanswered: string[];
}

/** What a timer run, or a review, saw of one desktop and made of it. */
export interface Sighting {
  desktop: Desktop;
  history: SessionHistory;
  decision: Decision;
  look: Look;
}

export interface SurveyModel {
  look(): Look;
  decide(desktop: Desktop, look: Look, history?: SessionHistory): Decision;
  /** What a run of the timer comes to. */
  survey(watch?: (sighting: Sighting) => void): ReapSurvey;
}

/** What cannot be read where a source does not answer, in the product's words. */
export const unread = {
  bindings: "who may use what cannot be read",
  switch: "the maintenance switch cannot be read",
  history: "Guacamole's history cannot be read",
  active: "Guacamole's list of connections cannot be read",
};
export const pausedBy = { by: "admin", since: "2026-01-01T00:00:00.000Z" };
/** Later than any run. */
const entitlement = { endsAt: "2030-01-02T00:00:00.000Z" };

interface Options extends Sources {
  estate: Estate;
  limits: Limits;
  decideReaping: typeof decideReaping;
}

/**
 * The facts of the model, put together as functions/gather/survey.ts puts them together, and what is decided on them. A test
 * compares the two; the product's own asks for everything anew each time, which takes too long for millions of looks.
 */
export function surveyOver({ estate, limits, instancesKnown, restAsked, decideReaping }: Options): SurveyModel {
  const { guacamole, isAway, timeline } = estate;

  function look(): Look {
    const unanswered: string[] = [];
    const answers = (source: keyof typeof unread, up: boolean) => {
      if (!up) unanswered.push(unread[source]);
      return up;
    };
    const since = guacamole.oldestStarts.at(-1)?.since ?? null;
    return {
      at: new Date(timeline.now()),
      bindings: answers("bindings", !isAway("bindings")),
      switch: answers("switch", !isAway("switch")),
      history: answers("history", estate.databaseAnswers()),
      active: restAsked && answers("active", restAnswers(estate)) ? activeIn(estate) : null,
      guacamoleSince: instancesKnown && since !== null ? iso(since) : null,
      unanswered,
    };
  }

  function factsOf({ life, ready, record }: Desktop, around: Look, history: SessionHistory): DesktopFacts {
    const request = record?.request;
    const outcome = request && record.outcomes[request.id];
    const own = request?.workspace === workspace;
    const startedAt = life?.started ?? null;
    const sessions = () =>
      countSessions(history, {
        now: around.at,
        startedAt,
        guacamoleSince: around.guacamoleSince,
        active: around.active && life !== undefined && around.active.has(life),
        unusedAt: record ? unusedAt(record, workspace) : [],
      });
    return {
      replicas: life ? 1 : 0,
      ready: ready ? 1 : 0,
      startedAt,
      sessions: around.history ? sessions() : null,
      request: request
        ? {
            workspace: request.workspace,
            requestedAt: request.requestedAt,
            working: !outcome,
            readyAt: own && outcome?.state === "done" ? outcome.at : undefined,
          }
        : null,
      seenAt: own && record ? lastSeen(record) : null,
      entitlement: around.bindings ? entitlement : null,
      kept: record?.kept,
      reapingPaused: around.switch ? (isAway("paused") ? pausedBy : undefined) : null,
      before: record && lastDecisionOfUse(record, workspace),
      unanswered: around.unanswered,
    };
  }

  function decide(desktop: Desktop, around: Look, history = historyOf(desktop)): Decision {
    const { life } = desktop;
    const decision = decideReaping(factsOf(desktop, around, history), around.bindings ? limits : null, around.at);
    if (life && decision.action === "keep") {
      if (decision.next?.action === "suspend") life.announced = decision.next.at;
      if (decision.rule === "in-use")
        for (const session of life.sessions) session.seen ||= history.open.includes(session.row.start);
    }
    return decision;
  }

  return {
    look,
    decide,
    survey(watch) {
      const around = look();
      const due: ReapSurvey["due"] = [];
      const news: ReapSurvey["news"] = [];
      const rules: ReapSurvey["rules"] = {};
      for (const desktop of estate.running) {
        const history = historyOf(desktop);
        const decision = decide(desktop, around, history);
        watch?.({ desktop, history, decision, look: around });
        const { username, record } = desktop;
        rules[decision.rule] = (rules[decision.rule] ?? 0) + 1;
        if (decision.action === "suspend") due.push({ workspace, username, decision });
        else if (record && isNewDecision(record, workspace, decision)) news.push({ workspace, username, decision });
      }
      return {
        at: around.at.toISOString(),
        looked: estate.running.size,
        rules,
        due: due.slice(0, mostARun),
        news: news.slice(0, mostARun),
        later: Math.max(0, due.length - mostARun),
        toRetire: 0,
        unanswered: around.unanswered,
      };
    },
  };
}

/** Whether Guacamole says who is connected: it takes every instance. */
export function restAnswers({ isAway, guacamole }: Estate): boolean {
  return !isAway("REST") && guacamole.instances.every(({ up }) => up);
}

export function activeIn({ guacamole, timeline }: Estate): ReadonlySet<Life> {
  const sessions = guacamole.instances.flatMap((instance) => [...instance.sessions]);
  return new Set(sessions.filter(({ listedAt }) => listedAt <= timeline.now()).map(({ life }) => life));
}

export function historyOf({ history: { open, lastStart, lastEnd } }: Desktop): SessionHistory {
  return { open: open.map(({ start }) => start), lastStart, lastEnd };
}

export function known({ username }: Desktop): KnownDesktop {
  const names = { deployment: username, service: username, secret: username, networkPolicy: username, host: username };
  return { workspace, username, names: { ...names, group: workspace, connection: username, entity: username } };
}
