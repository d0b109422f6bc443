/** Which desktops of a list are selected: by id, so that a refresh of the list changes nothing. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { ListedDesktop } from "../api/console-types.ts";
import { consoleTexts as texts } from "./texts.ts";

export interface Chosen {
  id: string;
  username: string;
  /** For people. */
  name: string;
}

type Listed = Pick<ListedDesktop, "id" | "username" | "workspace">;

export interface Selection {
  chosen: ReadonlySignal<readonly Chosen[]>;
  /** Those that were selected and are not listed any more, since the operator last selected something. */
  gone: ReadonlySignal<readonly Chosen[]>;
  choose(desktops: readonly Listed[], isOn: boolean): void;
  /** The list is now this: what is not in it cannot be seen, so it is not selected any more. */
  keepTo(desktops: readonly Listed[]): void;
  clear: () => void;
}

export function selectionOf(): Selection {
  const chosen = signal<readonly Chosen[]>([]);
  const gone = signal<readonly Chosen[]>([]);
  return {
    chosen,
    gone,
    choose(desktops, isOn) {
      const ids = new Set(desktops.map(({ id }) => id));
      const others = chosen.value.filter(({ id }) => !ids.has(id));
      const more = desktops.map(({ id, username, workspace }) => {
        return { id, username, name: texts.desktop.title(username, workspace) };
      });
      chosen.value = isOn ? [...others, ...more] : others;
      gone.value = [];
    },
    keepTo(desktops) {
      const ids = new Set(desktops.map(({ id }) => id));
      const lost = chosen.value.filter(({ id }) => !ids.has(id));
      if (lost.length === 0) return;
      chosen.value = chosen.value.filter(({ id }) => ids.has(id));
      gone.value = [...gone.value, ...lost];
    },
    clear() {
      chosen.value = [];
      gone.value = [];
    },
  };
}

export function countPeople(people: readonly { username: string }[]): number {
  return new Set(people.map(({ username }) => username)).size;
}
