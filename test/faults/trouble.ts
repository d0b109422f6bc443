import type { VirtualClock } from "@stand-in/functions-host";
import type { ActivityName } from "../../shared/desktop/activities.ts";
import type { More, TestEstate } from "../estate.ts";
import { type Link, startLink } from "./links.ts";

/** What the product calls, over links that can be cut. */
export type Linked = "cluster" | "database" | "identity provider" | "guacamole";

/** Something that does not work. */
export type Trouble =
  /** It cannot be reached: connections are reset, and new ones refused. */
  | { with: Linked }
  /** It refuses what the product sends: starts, events, terminations. What it holds goes on. */
  | { with: "task hub" }
  /** Azure does not say how the managed database server is. */
  | { with: "managed server" }
  /** Its process dies now, and another one starts when the trouble is over. */
  | { with: "host" }
  /** These activities fail: without having run, or although they took effect. */
  | { with: ActivityName | RegExp; fails: "before it runs" | "after it took effect" };

/** Makes anything fail for a time, at any moment. */
export interface Troubles {
  /** For startTestEstate: the links between the product and what it calls. */
  readonly linkTo: NonNullable<More["linkTo"]>;
  /** A link to a Guacamole that the test started. Returns the address for the settings. */
  linkToGuacamole(url: string): Promise<string>;
  /** Call it once, when the estate runs. */
  watch(estate: TestEstate): void;
  /**
   * Begins a trouble that is over after so many seconds of the task hub's clock; without a time, at `end`. Where the same
   * thing is in trouble already, the longer time counts.
   */
  begin(trouble: Trouble, seconds?: number): Promise<void>;
  /** Ends everything now. */
  end(): Promise<void>;
  /** Resolves when every host that is due to start has started. */
  settled(): Promise<void>;
  /** What does not work now. */
  readonly now: readonly Trouble[];
  close(): Promise<void>;
}

export function createTroubles(clock: VirtualClock): Troubles {
  const links = new Map<Linked, Link>();
  const under = new Map<string, { trouble: Trouble; until: number }>();
  let estate: TestEstate | undefined;
  let starting: Promise<void> = Promise.resolve();

  const isFailing = (name: string, fails: string) =>
    [...under.values()].some(
      ({ trouble }) =>
        "fails" in trouble &&
        trouble.fails === fails &&
        (trouble.with instanceof RegExp ? trouble.with.test(name) : trouble.with === name),
    );

  /** Again at every trouble, since the estate's `mend` takes them away. */
  function install(faults: TestEstate["faults"]): void {
    faults.beforeActivity = ({ name }) => {
      if (isFailing(name, "before it runs")) throw new Error(`[step-failed] the test stops ${name}`);
      if (under.has("managed server") && name === "ensureDatabaseRunning")
        throw new Error("[database-not-running] the test stops Azure");
    };
    faults.afterActivity = ({ name }) => {
      if (isFailing(name, "after it took effect"))
        throw new Error(`[step-failed] the test loses the answer of ${name}`);
    };
    faults.beforeCommit = ({ kind }) => {
      if (kind === "message" && under.has("task hub")) throw new Error("the test stops the task hub");
    };
  }

  function over(key: string): void {
    const ended = under.get(key)?.trouble.with;
    under.delete(key);
    links.get(ended as Linked)?.mend();
    if (ended === "host") starting = starting.then(() => estate?.restartHost());
  }

  async function linked(system: Linked, url: string): Promise<string> {
    const link = await startLink(url);
    links.set(system, link);
    return link.url;
  }

  return {
    linkTo: linked,
    linkToGuacamole: (url) => linked("guacamole", url),
    watch(started) {
      estate = started;
    },
    async begin(trouble, seconds = Infinity) {
      if (!estate) throw new Error("begin trouble: call watch(estate) first");
      const key = keyOf(trouble);
      const until = clock.now().getTime() + seconds * 1_000;
      const before = under.get(key);
      if (before && before.until >= until) return;
      under.set(key, { trouble, until });
      install(estate.faults);
      if (Number.isFinite(until))
        clock.at(new Date(until), () => {
          if (under.get(key)?.until === until) over(key);
        });
      if (before) return;
      const link = links.get(trouble.with as Linked);
      link?.cut();
      if (trouble.with === "host") {
        await starting;
        await estate.host.kill();
      } else if (!link && isLinked(trouble.with)) throw new Error(`begin trouble: there is no link to ${trouble.with}`);
    },
    async end() {
      for (const key of [...under.keys()]) over(key);
      await starting;
    },
    settled: () => starting,
    get now() {
      return [...under.values()].map(({ trouble }) => trouble);
    },
    async close() {
      await Promise.all([...links.values()].map((link) => link.close()));
    },
  };
}

function isLinked(what: Trouble["with"]): what is Linked {
  return ["cluster", "database", "identity provider", "guacamole"].includes(String(what));
}

function keyOf(trouble: Trouble): string {
  return "fails" in trouble ? `${String(trouble.with)} ${trouble.fails}` : trouble.with;
}
