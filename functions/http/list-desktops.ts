import { z } from "zod";
import type { DeployedDesktop } from "../../shared/desktop/known-desktop.ts";
import { describeOpening, type OpenIsolation } from "../../shared/lifecycle/isolation.ts";
import { countDesktops, isWithin, type Narrowing } from "../../shared/lifecycle/worst-first.ts";
import { comparePlaces, inOrder, type Order, orders } from "../../shared/lifecycle/orders.ts";
import { explainDesktops, type ExplainedDesktop } from "../gather/found-desktops.ts";
import { listedOf } from "../../shared/lifecycle/listed-desktop.ts";
import type { Services } from "../services.ts";
import { desktopRule, desktopState } from "./answers.ts";
import type { Answer } from "./endpoint.ts";
import { showGoals } from "./goals.ts";
import { formatPlace, formatPlaceIn, parsePlace, parsePlaceIn, type Place, placeInList } from "./place.ts";
import { username, wholeNumber, workspaceName } from "./shapes.ts";

export const listQuery = z.object({
  username: username.optional().meta({ description: "Only this person's" }),
  workspace: workspaceName.optional().meta({ description: "Only those in this workspace" }),
  state: desktopState.optional().meta({ description: "Only those in this state" }),
  rule: desktopRule.optional().meta({ description: "Only those about which this rule decides" }),
  sort: z
    .enum(["id", ...orders])
    .default("id")
    .meta({
      description:
        "`worst`: first what somebody should look at, then what ends soonest. A field: by that field, and then by person and workspace; with `-` before it the other way round; what is not known comes last in both. With all but `id`: all desktops as they were some seconds ago, with `at`, `total` and `counts`",
    }),
  limit: wholeNumber(1, 500).default(100).meta({ description: "At most this many" }),
  after: placeInList.optional().meta({ description: "`next` of the previous page" }),
});
type Query = z.output<typeof listQuery>;

const narrowingOf = ({ username: whose, workspace, state, rule }: Query): Narrowing => ({
  username: whose,
  workspace,
  state,
  rule,
});

/** True if it can only be told of desktops that were explained whether they are wanted. */
const needsExplaining = ({ state, rule }: Query) => state !== undefined || rule !== undefined;

/** How many Deployments one call looks at, and how many of them at a time: those of a filter may be few of many. */
const most = { withState: 500, otherwise: 2_000 };
const atATime = { withState: 100, otherwise: 500 };

/** One page. With a filter it may have fewer desktops than `limit`, or none, although `next` says that there may be more. */
export async function listDesktops(services: Services, query: Query): Promise<Answer> {
  if (query.sort !== "id") return pageInOrder(services, query, query.sort);
  const { desktops, next, isolation, unanswered } = await (query.username === undefined
    ? everybodysPage(services, query)
    : personsPage(services, query, query.username));
  const goals = query.after === undefined ? await goalsFor(services, query) : undefined;
  return {
    status: 200,
    body: {
      desktops: desktops.map((desktop) => listedOf(desktop, services.now())),
      ...(next && { next: formatPlace(next) }),
      ...(isolation.length > 0 && { isolation: isolation.map(describeOpening) }),
      ...(goals && { goals: goals.shown }),
      unanswered: [...new Set([...unanswered, ...(goals?.unanswered ?? [])])],
    },
  };
}

/** One page of all desktops as they were some seconds ago. It begins behind the place of the last desktop of the one before. */
async function pageInOrder(services: Services, query: Query, order: Order): Promise<Answer> {
  const after = parsePlaceIn(order, query.after);
  const estate = await services.wholeEstate();
  const { at, desktops, isolation, unanswered } = estate;
  const narrowing = narrowingOf(query);
  const wanted = inOrder(estate, order).filter(({ desktop }) => isWithin(narrowing, desktop.shown));
  const left = after ? wanted.filter(({ place }) => comparePlaces(order, place, after) > 0) : wanted;
  const page = left.slice(0, query.limit);
  const last = left.length > page.length ? page.at(-1) : undefined;
  const goals = after ? undefined : await goalsFor(services, query);
  const all = desktops.map(({ shown }) => shown);
  return {
    status: 200,
    body: {
      at,
      total: wanted.length,
      counts: countDesktops(all, narrowing),
      desktops: page.map(({ desktop }) => desktop.shown),
      ...(last && { next: formatPlaceIn(order, last.place) }),
      ...(isolation.length > 0 && { isolation: isolation.map(describeOpening) }),
      ...(goals && { goals: goals.shown }),
      unanswered: [...new Set([...unanswered, ...(goals?.unanswered ?? [])])],
    },
  };
}

function isChosenBy({ state, rule }: Query): (desktop: ExplainedDesktop) => boolean {
  return (desktop) =>
    (state === undefined || desktop.state === state) && (rule === undefined || desktop.decision.rule === rule);
}

interface PageOfDesktops {
  desktops: ExplainedDesktop[];
  next?: Place | undefined;
  isolation: OpenIsolation[];
  unanswered: string[];
}

async function personsPage(services: Services, query: Query, whose: string): Promise<PageOfDesktops> {
  const { deployed, odd } = await services.desktops.findDeployedOf(whose);
  const { after } = parsePlace(query.after);
  const wanted = deployed
    .filter((desktop) => desktop.names.deployment > after && isIn(query.workspace, desktop))
    .sort(byName);
  const { desktops, isolation, unanswered, damaged } = await explainDesktops(services, { deployed: wanted, odd });
  const chosen = desktops.filter(isChosenBy(query));
  const page = chosen.slice(0, query.limit);
  const last = chosen.length > page.length ? page.at(-1) : undefined;
  return {
    desktops: page,
    ...(last && { next: { after: last.deployment } }),
    isolation,
    unanswered: [...unanswered, ...damaged.map(({ fault }) => fault.message)],
  };
}

/** Goes through the list of Deployments from a place on, until the page is full or enough was looked at. */
async function everybodysPage(services: Services, query: Query): Promise<PageOfDesktops> {
  const found: PageOfDesktops = { desktops: [], isolation: [], unanswered: [] };
  const work = needsExplaining(query) ? "withState" : "otherwise";
  let { from, after } = parsePlace(query.after);
  for (let looked = 0; looked < most[work];) {
    // What was shown before is passed over if the API server no longer knows the place.
    const isFiltered = query.workspace !== undefined || needsExplaining(query);
    const isPassing = from === undefined && after !== "";
    const size = isPassing ? atATime.otherwise : isFiltered ? atATime[work] : query.limit;
    const page = await services.desktops.pageOfDeployed(size, from);
    if (!page) {
      from = undefined;
      continue;
    }
    looked += size;
    const wanted = page.deployed.filter(
      (desktop) => desktop.names.deployment > after && isIn(query.workspace, desktop),
    );
    const room = query.limit - found.desktops.length;
    const tried = needsExplaining(query) ? wanted : wanted.slice(0, room);
    const explained = await explainDesktops(services, { deployed: tried, odd: page.odd });
    const chosen = explained.desktops.filter(isChosenBy(query));
    found.desktops.push(...chosen.slice(0, room));
    found.isolation = together(found.isolation, explained.isolation);
    found.unanswered.push(...explained.unanswered, ...explained.damaged.map(({ fault }) => fault.message));
    const left = chosen.length > room || wanted.length > tried.length;
    if (left) return { ...found, next: { from, after: found.desktops.at(-1)?.deployment ?? after } };
    if (page.next === undefined) return found;
    from = page.next;
    after = lastSeen(page.deployed, after);
    if (chosen.length === room) break;
  }
  return { ...found, next: { from, after } };
}

/** The last name that was looked at: what is passed over comes before the names that were shown. */
function lastSeen(page: readonly Pick<DeployedDesktop, "names">[], before: string): string {
  const last = page.at(-1)?.names.deployment ?? "";
  return last > before ? last : before;
}

function isIn(workspace: string | undefined, desktop: DeployedDesktop): boolean {
  return workspace === undefined || desktop.workspace === workspace;
}

function byName(one: DeployedDesktop, other: DeployedDesktop): number {
  return one.names.deployment < other.names.deployment ? -1 : 1;
}

/** Openings by the same policy are counted as one. */
function together(some: readonly OpenIsolation[], others: readonly OpenIsolation[]): OpenIsolation[] {
  const byPolicy = Map.groupBy([...some, ...others], ({ policy }) => policy);
  return [...byPolicy].map(([policy, openings]) => ({
    policy,
    edges: [...new Set(openings.flatMap(({ edges }) => edges))],
    desktops: openings.reduce((sum, { desktops }) => sum + desktops, 0),
  }));
}

/** Of records with work left: a short list. */
async function goalsFor({ records }: Services, query: Query) {
  const found = await (query.username === undefined ? records.open() : records.ofPeople([query.username]));
  const shown = showGoals(found.records).filter(
    ({ workspace }) => query.workspace === undefined || workspace === undefined || workspace === query.workspace,
  );
  return { shown, unanswered: found.damaged.map(({ fault }) => fault.message) };
}
