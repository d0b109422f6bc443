import { type Signal, signal } from "@preact/signals";
import type { Preview } from "../api/console-types.ts";

export interface Decision {
  /** What would happen; null until it is known, and again once the form says something else. */
  preview: Signal<Preview | null>;
  trouble: Signal<string | null>;
  busy: Signal<boolean>;
  /** The form changed: what was previewed is no longer what it says. */
  change(): void;
  look(path: string, body: object): Promise<void>;
  /** Does exactly what was previewed. Resolves to the answer, or to undefined if it was not done. */
  confirm(): Promise<unknown>;
}

type Post = (path: string, body: object) => Promise<unknown>;

/**
 * First what would happen, then the decision about that. The form can change while a preview is on its way: such a
 * preview is dropped, or somebody would confirm what they have not seen.
 */
export function decisionOf(post: Post, tell: (error: unknown) => string): Decision {
  const preview = signal<Preview | null>(null);
  const trouble = signal<string | null>(null);
  const busy = signal(false);
  let edition = 0;
  let previewed: { path: string; body: object } | null = null;

  const forget = () => {
    preview.value = null;
    previewed = null;
  };
  async function attempt(path: string, body: object): Promise<unknown> {
    busy.value = true;
    trouble.value = null;
    try {
      return await post(path, body);
    } catch (error) {
      trouble.value = tell(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  return {
    preview,
    trouble,
    busy,
    change() {
      edition += 1;
      forget();
    },
    async look(path, body) {
      if (busy.value) return;
      forget();
      const asked = edition;
      const answer = await attempt(`${path}?dryRun=true`, body);
      if (answer === undefined || asked !== edition) return;
      preview.value = answer as Preview;
      previewed = { path, body };
    },
    async confirm() {
      if (busy.value || previewed === null) return undefined;
      const { path, body } = previewed;
      const answer = await attempt(path, body);
      if (answer !== undefined) forget();
      return answer;
    },
  };
}
