import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { maintenance as maintenanceShape } from "../api/console-shapes.ts";
import type { Maintenance } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, tellFailure, useAsked } from "./asked.ts";
import { BusyButton } from "./busy-button.tsx";
import { Loading, Trouble } from "./trouble.tsx";

type Switch = "reaping" | "activation";

/** The switches, with who, when and why; the last runs; what does not hold yet. */
export function MaintenanceView({ operator }: { operator: Operator }) {
  const { body, trouble, again } = useAsked(operator, "maintenance", maintenanceShape);
  const now = new Date();
  const maintenance = body.value;
  return (
    <>
      <Title tab={texts.tab(texts.views.maintenance)}>{texts.views.maintenance}</Title>
      <Trouble words={trouble.value} isShown={maintenance !== null} />
      <Loading isShown={maintenance !== null || trouble.value !== null} />
      {maintenance && (
        <>
          {(["activation", "reaping"] as const).map((name) => (
            <SwitchForm key={name} {...{ operator, name, maintenance, again }} />
          ))}
          <h2>{texts.maintenance.runs}</h2>
          <ul>
            {Object.entries(maintenance.runs).map(([name, run]) => (
              <li key={name}>
                {name}: {run ? texts.maintenance.run(run.state, atTime(run.startedAt, now)) : texts.maintenance.never}
              </li>
            ))}
          </ul>
          <h2>{texts.maintenance.goals}</h2>
          {maintenance.goals === null && <p>{texts.unknown}</p>}
          {maintenance.goals?.length === 0 && <p>{texts.maintenance.noGoals}</p>}
          <ul>
            {(maintenance.goals ?? []).map(({ username, goal, trouble: why, requestedAt }) => (
              <li key={username + goal + requestedAt}>
                {username}: {goal}.{" "}
                {why && <Words>{texts.maintenance.trouble(why.tries, why.reason, atTime(why.nextTry, now))}</Words>}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

interface SwitchProps {
  operator: Operator;
  name: Switch;
  maintenance: Maintenance;
  again: () => void;
}

function SwitchForm({ operator, name, maintenance, again }: SwitchProps) {
  const id = useId();
  const reason = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);
  const { state, by, since, reason: why = "" } = maintenance[name];
  const words = texts.maintenance.switches[name];
  const paused = state === "paused";
  const change = async () => {
    if (busy.value) return;
    const given = reason.value.trim();
    wrong.value = given === "" ? texts.maintenance.incomplete : "";
    if (given === "") return;
    busy.value = true;
    try {
      const body = { [name]: paused ? "on" : "paused", reason: given };
      await operator.api.call("PUT", "maintenance", maintenanceShape, { body });
      reason.value = "";
      again();
    } catch (error) {
      wrong.value = tellFailure(error, operator);
    } finally {
      busy.value = false;
    }
  };
  return (
    <section>
      <h2>{words.title}</h2>
      <p>
        <strong class={`nhsuk-tag nhsuk-tag--${paused ? "orange" : "green"}`}>
          {paused ? texts.paused : texts.on}
        </strong>{" "}
        {by !== undefined && since !== undefined && texts.maintenance.since(by, atTime(since, new Date()), why)}
      </p>
      <p>{words.meaning}</p>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        <div class="nhsuk-form-group">
          <label class="nhsuk-label" for={id}>
            {/* Only who is not started is told why. */}
            {name === "activation" && !paused ? texts.action.reason : texts.maintenance.ownReason}
          </label>
          <input
            class="nhsuk-input nhsuk-input--width-30"
            id={id}
            value={reason.value}
            maxLength={500}
            autocomplete="off"
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
        </div>
        <p role="alert" class="console-wrong">
          {wrong.value}
        </p>
        <BusyButton kind="secondary" busy={busy.value}>
          {paused ? words.resume : words.pause}
        </BusyButton>
      </form>
    </section>
  );
}
