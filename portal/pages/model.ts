import { computed, signal } from "@preact/signals";
import { type Api, ApiError, type Reply, Unreachable } from "../api/client.ts";
import * as shapes from "../api/shapes.ts";
import type { DesktopState, Operation, PersonsDesktop, Workspaces } from "../api/types.ts";
import { SignedOut } from "../sign-in.ts";
import type { Channel, Tabs } from "../tabs.ts";
import { openerOf, type TabMemory, type Told } from "./opener.ts";
import { endsSoon, sentence, viewOf, webAddress } from "./state.ts";

/** What one cluster's sentence said, and when it was seen first. */
export interface Said {
  at: Date;
  words: string;
}

/** While nothing is under way, the page asks so often; not at all while nobody looks. */
const idleMilliseconds = 30_000;
/** What goes over by itself, and no operation that the page follows says when. */
const passing: ReadonlySet<DesktopState> = new Set(["suspending", "retiring", "starting"]);
const waitSeconds = 20;
/** After a failure the next try comes after this time, then twice as long, up to the longest. */
const firstRetryMilliseconds = 1_000;
const longestRetryMilliseconds = 30_000;
/** So many of the cluster's sentences are kept. */
const mostSaid = 50;

export interface Around {
  api: Api;
  username: string;
  /** Called when the session has ended. */
  leave: () => void;
  /** Opens the desktop in this tab. */
  open: (address: string) => void;
  /** Tells the other tabs of this browser that something is new, and hears it of them. */
  tabs: Tabs;
  /** By which they agree on the one that opens the desktop; null if they cannot. */
  openers: Channel<Told> | null;
  /** What this tab keeps through a reload. */
  memory: TabMemory;
  now?: () => Date;
}

export type Model = ReturnType<typeof modelOf>;

/** Why what the person asked for was not done. Without an answer there is no id and no other reason. */
export interface Refused {
  explanation: string;
  id?: string;
  /** In technical words. */
  reason?: string;
}

function refusedBy(error: ApiError | Unreachable): Refused {
  if (error instanceof Unreachable) return { explanation: sentence(error.message) };
  const { explanation, requestId, detail, code } = error.problem;
  return { explanation, id: requestId, reason: `${detail} (${code})` };
}

/** The portal's state, and what people can do. One loop asks the API; everything else follows from its answers. */
export function modelOf({ api, username, leave, open, tabs, openers, memory, now = () => new Date() }: Around) {
  const own = `users/${encodeURIComponent(username)}`;
  const workspaces = signal<Workspaces["workspaces"] | null>(null);
  const desktop = signal<PersonsDesktop | null>(null);
  const operation = signal<Operation | null>(null);
  const said = signal<readonly Said[]>([]);
  const clock = signal(now());
  /** Why nothing new is shown; null if all is well. */
  const trouble = signal<string | null>(null);
  /** Why the last thing that the person asked for was not done. It stays, whatever is answered afterwards. */
  const refusal = signal<Refused | null>(null);
  const busy = signal(false);
  /** Whether this tab opens the desktop when it is ready. */
  const opensHere = signal(true);
  const opener = openerOf(openers, memory, () => (opensHere.value = false));
  const view = computed(() => (desktop.value ? viewOf(desktop.value, operation.value) : null));

  let etag: string | null = null;
  let failures = 0;
  /** How often the desktop was found in a state that goes over, or with an operation to follow, and nothing else in between. */
  let inPassing = 0;
  let round = new AbortController();
  let wake = Promise.withResolvers<undefined>();
  const life = new AbortController();

  /** Ends what waits, so that the loop looks at once. */
  function lookNow(): void {
    round.abort();
    wake.resolve(undefined);
  }

  function pause(milliseconds: number): Promise<unknown> {
    wake = Promise.withResolvers();
    const timer = setTimeout(wake.resolve, milliseconds, undefined);
    return wake.promise.finally(() => {
      clearTimeout(timer);
    });
  }

  function note(seen: Operation): void {
    operation.value = seen;
    const words = seen.progress?.message;
    if (words !== undefined && said.value.at(-1)?.words !== words)
      said.value = [...said.value, { at: now(), words }].slice(-mostSaid);
  }

  const askDesktop = (signal: AbortSignal) =>
    api.call<PersonsDesktop | undefined>("GET", `${own}/desktop`, shapes.personsDesktop, { signal, ifNoneMatch: etag });
  const askWorkspaces = (signal: AbortSignal) =>
    api.call("GET", `${own}/workspaces`, shapes.workspaces, { signal }).then(({ body }) => body.workspaces);

  function keepDesktop({ etag: tag, body }: Reply<PersonsDesktop | undefined>): void {
    etag = tag ?? etag;
    if (body) desktop.value = body;
  }

  /** Reads what became of the work that is over. Until that is known, the page shows the work, not what was before it. */
  async function readWhatBecame(signal: AbortSignal): Promise<void> {
    const [reply, listed] = await Promise.all([askDesktop(signal), askWorkspaces(signal)]);
    // Drawn together, as nothing is awaited in between.
    workspaces.value = listed;
    keepDesktop(reply);
    operation.value = null;
  }

  const ignoreTabs = tabs.listen((news) => {
    if (news === "changed") lookNow();
  });

  /** Follows what is under way until something is new. */
  async function follow(underway: Operation, signal: AbortSignal): Promise<void> {
    const after = underway.seen === undefined ? "" : `&after=${encodeURIComponent(underway.seen)}`;
    const path = `operations/${encodeURIComponent(underway.id)}?wait=${waitSeconds}${after}`;
    const reply = await api.call("GET", path, shapes.operation, { signal });
    if (signal.aborted) return;
    if (reply.status === 200) return ended(reply.body, signal);
    note(reply.body);
    // In the queue people ask when they were told to; and if too many calls wait already, this one was answered at once.
    if (reply.body.admission?.place !== undefined || reply.body.seen === underway.seen)
      await pause((reply.retryAfterSeconds ?? 1) * 1_000);
  }

  async function ended(seen: Operation, signal: AbortSignal): Promise<void> {
    await readWhatBecame(signal);
    const address = webAddress(seen.url);
    // It may have been stopped, if this tab comes late.
    const stands = seen.state === "done" && desktop.value?.wanted === seen.workspace;
    // A browser that is signed in to Guacamole as another user has to leave it first: the page says so.
    if (stands && opener.opens(seen.id) && address !== null && !seen.signInAgain) open(address);
    opener.forget();
  }

  async function look(signal: AbortSignal): Promise<void> {
    const underway = operation.value;
    if (underway) return follow(underway, signal);
    keepDesktop(await askDesktop(signal));
    // After a reload, or if it was asked for elsewhere, nothing is followed yet.
    const begun = desktop.value?.operation ?? opener.unseen();
    // The names of the workspaces are wanted in either case.
    const named = askWorkspaces(signal).then((listed) => (workspaces.value = listed));
    await Promise.all([named, begun !== null && find(begun, signal)]);
  }

  async function find(begun: string, signal: AbortSignal): Promise<void> {
    const path = `operations/${encodeURIComponent(begun)}`;
    const reply = await api.call("GET", path, shapes.operation, { signal }).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
      // Whatever became of it, nobody knows any more.
      opener.forget();
    });
    if (reply && !signal.aborted) await take(reply, opener.find, signal);
  }

  /** Follows an operation from now on. */
  async function take({ status, body }: Reply<Operation>, claim: (id: string) => void, signal: AbortSignal) {
    opensHere.value = true;
    claim(body.id);
    if (status === 200) await ended(body, signal);
    else note(body);
  }

  /** As far as is known here: the end moves on while its person works, so it is asked for before it is announced. */
  const mayEndSoon = () => view.value?.kind === "running" && endsSoon(view.value.desktop, now()) !== null;

  /** Nobody looks, nothing is under way that they wait for, and nothing ends that the tab's title has to announce. */
  const isUnwatched = () => document.hidden && operation.value === null && !mayEndSoon() && !life.signal.aborted;

  function untilNextLook(): number {
    // An operation is named here when another took the place of the one that was followed: it asks again soon, too.
    const goesOver = desktop.value && (passing.has(desktop.value.state) || desktop.value.operation !== undefined);
    inPassing = goesOver ? inPassing + 1 : 0;
    return inPassing === 0 ? idleMilliseconds : Math.min(500 * 2 ** inPassing, idleMilliseconds);
  }

  async function run(): Promise<void> {
    for (;;) {
      // What the person asked for goes first: its answer is newer than any that is on its way.
      while (busy.value) await pause(idleMilliseconds);
      if (life.signal.aborted) return;
      round = new AbortController();
      try {
        await look(round.signal);
        trouble.value = null;
        failures = 0;
        clock.value = now();
        if (operation.value === null && !round.signal.aborted) await pause(untilNextLook());
      } catch (error) {
        if (error instanceof SignedOut) {
          leave();
          return;
        }
        if (round.signal.aborted) continue;
        if (error instanceof ApiError && error.status === 401) {
          leave();
          return;
        }
        if (!(error instanceof ApiError) && !(error instanceof Unreachable)) throw error;
        if (error instanceof ApiError && error.status === 404) operation.value = null;
        trouble.value = refusedBy(error).explanation;
        const again = error instanceof ApiError ? error.retryAfterSeconds : null;
        await pause(
          again === null ? Math.min(firstRetryMilliseconds * 2 ** failures, longestRetryMilliseconds) : again * 1_000,
        );
        failures += 1;
      }
      while (isUnwatched()) await pause(idleMilliseconds);
    }
  }

  /** Does what the person asked for; a refusal is shown, and changes nothing else. */
  async function act(work: () => Promise<void>): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    refusal.value = null;
    lookNow();
    try {
      await work();
    } catch (error) {
      if (error instanceof SignedOut) leave();
      else if (error instanceof ApiError || error instanceof Unreachable) refusal.value = refusedBy(error);
      else throw error;
    } finally {
      busy.value = false;
      etag = null;
      lookNow();
      // Also after a refusal: what was not answered may have been done.
      tabs.tell("changed");
    }
  }

  return {
    workspaces,
    desktop,
    operation,
    said,
    clock,
    trouble,
    refusal,
    busy,
    opensHere,
    view,
    lookNow,
    run,
    stop() {
      life.abort();
      ignoreTabs();
      opener.stop();
      lookNow();
    },
    start: (workspace: string) =>
      act(async () => {
        said.value = [];
        const reply = await api.call("PUT", `${own}/desktop`, shapes.operation, { body: { workspace } });
        await take(reply, opener.take, round.signal);
      }),
    suspend: () =>
      act(async () => {
        opener.forget();
        const { body } = await api.call("DELETE", `${own}/desktop?wait=10`, shapes.operation);
        if (body.state === "failed" && body.explanation !== undefined)
          refusal.value = { explanation: body.explanation, id: body.id };
        await readWhatBecame(new AbortController().signal);
      }),
    keep: (until: string) =>
      act(async () => {
        await api.call("POST", `${own}/desktop/extend`, shapes.kept, { body: { until } });
        keepDesktop(await askDesktop(new AbortController().signal));
      }),
  };
}
