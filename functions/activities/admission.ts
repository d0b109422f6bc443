import { readValuesOfOlder } from "../../shared/person/older-reasons.ts";
import type { Sighting } from "../../shared/desktop/activities.ts";
import { personId } from "../../shared/desktop/names.ts";
import { type DesktopPlan, portsOf } from "../../shared/desktop/plan.ts";
import { keepsPod } from "../../shared/desktop/state.ts";
import { isRefusal, refuse, type Refusal } from "../../shared/errors.ts";
import { decideAdmission, takesLastPlace, withAdmitted } from "../../shared/lifecycle/admission.ts";
import { imageFault } from "../../shared/lifecycle/start-times.ts";
import { admit, noteFacts, queueUp, type StartFacts } from "../../shared/person/admission.ts";
import type { Admission, DesktopRequest, PersonRecord } from "../../shared/person/record.ts";
import { planRequest } from "../gather/plan-request.ts";
import type { Services } from "../services.ts";
import { lately } from "../work/lately.ts";
import { changeRecord, ifThere } from "../work/person.ts";
import { describePlace, expectedAt, limitsOf, placeIn, type Waiting } from "../work/queue.ts";
import type { Queue } from "../work/read-queue.ts";
import type { Implements } from "./activity.ts";

/**
 * How soon somebody who waits looks again, if nobody tells them: sooner, the further in front they are. A thousand who look
 * each minute would take the turns of those who start.
 */
const soonestSeconds = 10;
/** Shorter than STUCK_AFTER_MINUTES may be: who waits is not stuck. */
const latestSeconds = 4 * 60;

/** Longer than it takes until an admission is written and shows in a list. */
const writtenMilliseconds = 10_000;

/** Nobody comes forward by so many places, and to their turn, before a kept list is read anew. */
const farBehindPlaces = 100;

/** What was checked before a longer wait is checked again after it. */
const checkedMilliseconds = 5 * 60_000;

/** Lets a start wait for its turn. The queue is in the records of the people who wait. */
export function admissionActivities(services: Services): Implements<"awaitAdmission"> {
  const { records, settings, starts, told, now } = services;
  const admitting = lately(writtenMilliseconds);

  /** What somebody who is far behind sees in a list that is some seconds old; null for others. */
  async function lookFarBehind(person: string, request: DesktopRequest, facts: StartFacts): Promise<Sighting | null> {
    const recent = await records.readRecent(person);
    const admission = recent?.request.id === request.id ? recent.admission : undefined;
    if (admission?.state !== "waiting" || isFirstLook(admission, facts)) return null;
    const own = { ...admission, ...facts, person };
    const queue = await services.queue();
    const place = await placeIn(services, queue, own);
    const isFarBehind = !place.admitted && place.place > settings.STARTS_AT_ONCE + farBehindPlaces;
    return isFarBehind ? waitAt(place, facts.image, queue) : null;
  }

  async function waitAt(
    place: Waiting,
    image: string | undefined,
    queue: Pick<Queue, "at" | "tickets">,
  ): Promise<Sighting> {
    starts.noteWaiting();
    const turns = place.place / settings.STARTS_AT_ONCE;
    const againInSeconds = Math.min(Math.max(Math.ceil(turns * soonestSeconds), soonestSeconds), latestSeconds);
    const expected = await expectedAt(services, place, image, queue);
    return { seen: "waiting", message: describePlace(place, expected), againInSeconds };
  }

  return {
    async awaitAdmission({ plan, request }, { fence, info }) {
      const person = personId(request.username);
      const { image, startsAtOnce, maxDesktops } = plan;
      const facts = { image, startsAtOnce, maxDesktops };
      const wasTold = told.has(person);
      told.forget(person);
      const fault = imageFault(await starts.known(), image, now());
      const farBehind = wasTold || fault ? null : await lookFarBehind(person, request, facts);
      if (farBehind) return farBehind;

      const queue = await services.readQueue();
      const record = await newestOf(services, request, queue.records);
      if (record?.request.id !== request.id) return tookItsPlace();
      // A record of an earlier release has no place yet.
      const admission = record.admission ?? queueUp(record, request);
      if (!admission || admission.state === "admitted") return { seen: "ready", message: "admitted" };
      const isFirst = isFirstLook(admission, facts);
      if (fault && !(isFirst && (await runsAlready(services, plan))))
        return refuse(
          "cannot-start",
          `the image ${image} did not start the last times: ${fault.reason} (tried again after ${fault.until})`,
          // Of the last starts only the words are remembered.
          readValuesOfOlder("cannot-start", fault.reason),
        );

      const own = { ...admission, ...facts, person };
      const limits = await limitsOf(services, queue, own);
      // Nothing may come between the decision and its note.
      const rest = withAdmitted(
        queue.tickets.filter((each) => each.person !== person),
        (each) => admitting.has(each),
      );
      const place = decideAdmission(own, rest, limits, now());
      if (place.admitted) admitting.note(person);
      if (rest.some(({ state }) => state === "waiting")) starts.noteWaiting();
      if (place.admitted || (isFirst && (await runsAlready(services, plan)))) {
        const refusal = await refuseAfterWait(services, request, admission.since, info);
        if (refusal) {
          admitting.forget(person);
          return refusal;
        }
        const admitted = { at: now().toISOString(), isLast: takesLastPlace(own, rest, limits, now()) };
        const written = await changeRecord(
          services,
          request.username,
          ifThere((current) => admit(current, request, facts, admitted)),
          fence,
        );
        if (written?.request.id === request.id) return { seen: "ready", message: "admitted" };
        admitting.forget(person);
        return tookItsPlace();
      }

      // The others need to know what this start is bounded by.
      if (isFirst)
        await changeRecord(
          services,
          request.username,
          ifThere((current) => noteFacts(current, request, facts)),
          fence,
        );
      return waitAt(place, image, { at: queue.at, tickets: rest });
    },
  };
}

function tookItsPlace(): Refusal {
  return refuse("request-changed", "a newer request of this person took its place");
}

function isFirstLook(admission: Admission, { image }: StartFacts): boolean {
  return admission.image !== image;
}

/** The person's record from the queue: whoever wants no desktop any more, or never had a place, is not in it. */
async function newestOf(
  { records }: Services,
  { username }: DesktopRequest,
  queue: readonly PersonRecord[],
): Promise<PersonRecord | null> {
  return queue.find(({ request }) => request.username === username) ?? records.read(personId(username));
}

/** Where nothing has to start, nobody needs to wait. */
async function runsAlready({ desktops }: Services, plan: DesktopPlan): Promise<boolean> {
  const deployment = await desktops.observeDeployment(plan);
  return keepsPod({ deployment, secret: true }, portsOf(plan));
}

/** A binding may end, or a person be disabled, while they wait. */
async function refuseAfterWait(
  services: Services,
  request: DesktopRequest,
  since: string,
  info: (message: string) => void,
): Promise<Refusal | null> {
  if (services.now().getTime() - Date.parse(since) < checkedMilliseconds) return null;
  const planned = await planRequest(services, request, info);
  return isRefusal(planned) ? planned : null;
}
