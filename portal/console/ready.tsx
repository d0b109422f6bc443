import { ready as readyShape } from "../api/console-shapes.ts";
import { atTime } from "../pages/times.ts";
import { Words } from "../components/words.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, useAsked } from "./asked.ts";
import { Facts } from "./facts.tsx";
import { Trouble } from "./trouble.tsx";

const lists = ["reasons", "stuck", "goals", "damaged", "odd", "isolation", "gaps"] as const;

/** Whether the systems answer that the product needs, and what stands out meanwhile: as monitoring sees it. */
export function ReadyPart({ operator }: { operator: Operator }) {
  const { body, trouble } = useAsked(operator, "health/ready", readyShape, undefined, undefined, 503);
  const ready = body.value;
  const words = texts.ready;
  const switched = (state: string) => (state === "unknown" ? texts.unknown : state);
  const unusual = lists.filter((name) => (ready?.[name] ?? []).length > 0);
  const events = ready?.eventsNotUnderstood ?? [];
  return (
    <section>
      <h2>{words.title}</h2>
      <Trouble words={trouble.value} isShown={ready !== null} />
      {!ready && <p>{trouble.value === null ? texts.loading : texts.unknown}</p>}
      {ready && (
        <>
          <Facts
            facts={{
              [words.all]: <State state={ready.status} />,
              [words.kubernetes]: <State state={ready.kubernetes} />,
              [words.guacamole]: <State state={ready.guacamole} />,
              [words.identity]: <State state={ready.identity} />,
              [texts.maintenance.switches.activation.title]: switched(ready.activation),
              [texts.maintenance.switches.reaping.title]: switched(ready.reaping),
            }}
          />
          {ready.reasons === undefined && <p>{words.notTold}</p>}
          {ready.reasons !== undefined && unusual.length + events.length === 0 && <p>{words.nothing}</p>}
          {unusual.map((name) => (
            <div key={name}>
              <h3>{words.lists[name]}</h3>
              <ul>
                {(ready[name] ?? []).map((each) => (
                  <li key={each}>
                    <Words>{each}</Words>
                  </li>
                ))}
              </ul>
            </div>
          ))}
          {events.length > 0 && (
            <>
              <h3>{words.events}</h3>
              <ul>
                {events.map(({ type, reason, words: why, count, lastAt }) => (
                  <li key={type + reason}>{words.event(type, why, count, atTime(lastAt, new Date()))}</li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </section>
  );
}

function State({ state }: { state: string }) {
  const isGood = state === "ok" || state === "ready";
  return <strong class={`nhsuk-tag nhsuk-tag--${isGood ? "green" : "red"}`}>{state}</strong>;
}
