import { useLayoutEffect, useRef } from "preact/hooks";
import type { Operation } from "../api/types.ts";
import { Details } from "../components/details.tsx";
import { Title } from "../components/title.tsx";
import { texts } from "../texts.ts";
import type { Model } from "./model.ts";
import { sentence, type StartStep, stepsOf } from "./state.ts";
import { duration, ordinal } from "./times.ts";

/** The start of a desktop: its steps, how long it usually takes, the place in the queue, and what the cluster says. */
export function StartingView({ model, name, takesFocus }: { model: Model; name: string; takesFocus: boolean }) {
  const operation = model.operation.value;
  const steps = operation ? stepsOf(operation) : [];
  const done = steps.filter(({ state }) => state === "done").length;
  const current = steps.find(({ state }) => state === "now" || state === "failed");
  const isUndone = operation?.progress?.undoing !== undefined;
  // With Cancel, its focus goes.
  const now = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    if (isUndone && document.activeElement === document.body) now.current?.focus();
  }, [isUndone]);
  const said = model.said.value;
  return (
    <>
      <Title takesFocus={takesFocus}>{texts.starting.title(name)}</Title>
      {operation && <Outlook operation={operation} />}
      {/* Read out when it changes: at another step or place, not at each answer. */}
      <p role="status" class="portal-now" ref={now} tabIndex={-1}>
        {isUndone ? texts.starting.undoing : current ? stepName(current.name) : ""}
      </p>
      {steps.length > 1 && (
        <>
          <progress class="portal-progress" aria-label={texts.starting.progress} max={steps.length} value={done} />
          <h2>{texts.starting.steps}</h2>
          <ol class="nhsuk-task-list">
            {steps.map((step) => (
              <StepItem key={step.name} step={step} />
            ))}
          </ol>
        </>
      )}
      <Details summary={texts.starting.details} open={isUndone}>
        {said.length === 0 && <p>{texts.starting.nothing}</p>}
        <ol class="portal-said">
          {said.map(({ at, words }) => (
            <li key={at.getTime()}>
              <span class="portal-clock">{at.toLocaleTimeString("en-GB")}</span> {words}
            </li>
          ))}
        </ol>
        {operation && (
          <p class="portal-reference">
            {texts.refused.id}: <code>{operation.id}</code>
          </p>
        )}
      </Details>
      {isUndone ? (
        <p>{texts.starting.afterwards}</p>
      ) : (
        <>
          <p>{model.opensHere.value ? texts.starting.stays : texts.starting.elsewhere}</p>
          <button
            class="nhsuk-button nhsuk-button--secondary"
            type="button"
            aria-disabled={model.busy.value}
            onClick={() => void model.suspend()}
          >
            {texts.starting.cancel}
          </button>
        </>
      )}
    </>
  );
}

function Outlook({ operation }: { operation: Operation }) {
  const { admission, usuallyReadyWithinSeconds: usually, note, progress } = operation;
  const { place, of, expectedFromSeconds: from, expectedToSeconds: to } = admission ?? {};
  return (
    <>
      {place !== undefined && of !== undefined && <p>{texts.starting.place(ordinal(place), of)}</p>}
      {from !== undefined && to !== undefined && <p>{texts.starting.expected(duration(from), duration(to))}</p>}
      {usually !== undefined && !progress?.undoing && <p>{texts.starting.usually(duration(usually))}</p>}
      {note !== undefined && <p>{sentence(note)}</p>}
    </>
  );
}

const stepColours: Readonly<Record<StartStep["state"], string>> = {
  done: "nhsuk-tag--green",
  now: "nhsuk-tag--blue",
  "to come": "nhsuk-tag--grey",
  failed: "nhsuk-tag--red",
};

function StepItem({ step: { name, state } }: { step: StartStep }) {
  return (
    <li class="nhsuk-task-list__item" aria-current={state === "now" ? "step" : undefined}>
      <div class="nhsuk-task-list__name-and-hint">{stepName(name)}</div>
      <div class="nhsuk-task-list__status">
        <strong class={`nhsuk-tag ${stepColours[state]}`}>{texts.stepStates[state]}</strong>
      </div>
    </li>
  );
}

export function stepName(step: string): string {
  return texts.steps[step] ?? step;
}
