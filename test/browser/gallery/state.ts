import type { Page } from "playwright-core";
import type { ErrorCode } from "../../../shared/errors.ts";
import { explainCode } from "../../../shared/person/explain-codes.ts";
import { portalUser } from "./people.ts";

/** What the API answers to one call; `never`: the call waits; `away`: there is no network. */
export type Answer = { status: number; body: unknown; headers?: Readonly<Record<string, string>> } | "never" | "away";

/** By method and path below `/api/`, with `?dryRun` for a call that only looks. Several are given one after the other. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

/** One state of a page: what the API answers, and what its person does, until it is there. */
export interface State {
  /** The name of its pictures. */
  name: string;
  path: string;
  /** As whom; alice unless it is the console's. */
  username?: string;
  answers: Answers;
  /** What is on the page in this state. */
  shows: string | RegExp;
  /** What may not be on it. */
  hides?: RegExp;
  /** True for what a page is before its script runs. */
  isStatic?: boolean;
  /** What the page may not load. */
  without?: RegExp;
  act?: (page: Page) => Promise<unknown>;
}

/** The clock of all pages: the examples of the API are of this day. */
export const now = new Date("2026-11-24T12:00:00Z");

export function inMinutes(minutes: number): string {
  return new Date(now.getTime() + minutes * 60_000).toISOString();
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Work that is under way, and of which nothing new is told before the picture is taken. */
export function underWay(body: { id: string }): Answer {
  const location = `/api/operations/${body.id}`;
  return { status: 202, body, headers: { "retry-after": "600", location } };
}

export function problem(status: number, code: ErrorCode, detail: string, more: object = {}): Answer {
  const type = `urn:guacamole-workspaces:${code}`;
  const body = {
    type,
    title: "Refused",
    status,
    code,
    detail,
    explanation: explainCode(code),
    requestId: "0b2f4f0e-3b6e-4d3a-8a35-0e1f6f3c9a77",
    ...more,
  };
  return { status, body };
}

export const ownDesktop = `GET users/${portalUser}/desktop`;
export const ownWorkspaces = `GET users/${portalUser}/workspaces`;
export const askForDesktop = `PUT users/${portalUser}/desktop`;
