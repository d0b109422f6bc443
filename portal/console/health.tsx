import type { Doctor } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, useAsked } from "./asked.ts";
import { ReadyPart } from "./ready.tsx";
import { Trouble } from "./trouble.tsx";

const colours: Readonly<Record<string, string>> = {
  ok: "green",
  wrong: "red",
  "not known": "yellow",
  "not used": "grey",
};

/** What is wrong with the estate, what is not known, and what to do. */
export function HealthView({ operator }: { operator: Operator }) {
  const { body, trouble, again } = useAsked<Doctor>(operator, "maintenance/doctor", null);
  const doctor = body.value;
  return (
    <>
      <Title tab={texts.tab(texts.views.health)}>{texts.views.health}</Title>
      <ReadyPart operator={operator} />
      <h2>{texts.health.estate}</h2>
      <Trouble words={trouble.value} />
      <p role="status">{doctor ? "" : texts.health.looking}</p>
      {doctor && (
        <>
          <button class="nhsuk-button nhsuk-button--secondary" type="button" onClick={again}>
            {texts.health.again}
          </button>
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
        </>
      )}
    </>
  );
}
