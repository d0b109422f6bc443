import { z } from "zod";
import type { Refusal } from "../../shared/errors.ts";
import { type Affected, countConnected, type Preview } from "../../shared/lifecycle/preview.ts";
import type { Answer, DescribedAnswer } from "./endpoint.ts";
import * as examples from "./examples.ts";
import { previewAnswer } from "./operator-answers.ts";

/** So many desktops are named. */
const mostShown = 200;

/** Where a preview comes from. */
interface Looked {
  at: string;
  unanswered: readonly string[];
}

/** What a call would do; nothing is changed. */
export function showPreview({ would, desktops }: Preview, { at, unanswered }: Looked): Answer {
  return {
    status: 200,
    body: {
      dryRun: true,
      at,
      would,
      of: desktops.length,
      connected: countConnected(desktops),
      desktops: desktops.slice(0, mostShown).map(shortOf),
      unanswered: [...unanswered],
    },
  };
}

/** The call would be refused. */
export function showRefused({ refused: code, reason }: Refusal, looked: Looked): Answer {
  const { status, body } = showPreview({ would: [], desktops: [] }, looked);
  return { status, body: { ...(body as object), refused: { code, reason } } };
}

function shortOf({ id, username, workspace, state, connected }: Affected) {
  return { id, username, workspace, state, connected };
}

/** The same answers, and with `dryRun` a preview as 200. */
export function orPreview(
  answers: Readonly<Record<number, DescribedAnswer>>,
): Readonly<Record<number, DescribedAnswer>> {
  const { 200: done } = answers;
  const words = "With `dryRun`: what would happen";
  return {
    ...answers,
    200: done?.body
      ? { ...done, words: `${done.words}. ${words}`, body: z.union([done.body, previewAnswer]) }
      : { words, body: previewAnswer, example: examples.preview },
  };
}
