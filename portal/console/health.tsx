import { doctor as doctorShape } from "../api/console-shapes.ts";
import { Title } from "../components/title.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, useAsked } from "./asked.ts";
import { ReadyPart } from "./ready.tsx";
import { BusyButton } from "./busy-button.tsx";

const colours: Readonly<Record<string, string>> = {
  ok: "green",
  wrong: "red",
  "not known": "yellow",
  "not used": "grey",
};

/** What is wrong with the estate, what is not known, and what to do. */
export function HealthView({ operator }: { operator: Operator }) {
  const { body, trouble, isAsking, again } = useAsked(operator, "maintenance/doctor", doctorShape, null);
  const doctor = body.value;
  return (
    <>
      <Title tab={texts.tab(texts.views.health)}>{texts.views.health}</Title>
      <ReadyPart operator={operator} />
      <h2>{texts.health.estate}</h2>
      <p role="status" class={trouble.value === null ? undefined : "portal-trouble"}>
        {isAsking.value ? texts.health.looking : trouble.value === null ? "" : texts.health.trouble(trouble.value)}
      </p>
      {(doctor || trouble.value !== null) && (
        <BusyButton kind="secondary" busy={isAsking.value} press={again}>
          {texts.health.again}
        </BusyButton>
      )}
      {doctor && (
        <ul class="console-checks">
          {doctor.checks.map(({ name, state, seen, findings }) => (
            <li key={name}>
              <h3 class="nhsuk-heading-s">
                {name} <strong class={`nhsuk-tag nhsuk-tag--${colours[state] ?? "grey"}`}>{state}</strong>
              </h3>
              {seen !== "" && <p>{seen}</p>}
              {findings.map(({ what, advice }) => (
                <p key={what}>
                  {what}
                  <br />
                  {texts.health.advice(advice)}
                </p>
              ))}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
