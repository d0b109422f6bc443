import { useSignal } from "@preact/signals";
import type { EndedSessions } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { Action } from "./action.tsx";
import { type Operator, useAsked } from "./asked.ts";
import { Trouble } from "./trouble.tsx";

/** Ends the sessions of a workspace or a person. */
export function SessionsView({ operator }: { operator: Operator }) {
  const workspace = useSignal("");
  const username = useSignal("");
  const run = useSignal<string | null>(null);
  const field = (name: "workspace" | "username", value: typeof workspace) => (
    <div class="nhsuk-form-group">
      <label class="nhsuk-label" for={`end-${name}`}>
        {texts.desktops.columns[name]}
      </label>
      <input
        class="nhsuk-input nhsuk-input--width-20"
        id={`end-${name}`}
        value={value.value}
        autocomplete="off"
        onInput={(event) => {
          value.value = event.currentTarget.value;
        }}
      />
    </div>
  );
  const wish = () => {
    const given = {
      ...(workspace.value.trim() !== "" && { workspace: workspace.value.trim() }),
      ...(username.value.trim() !== "" && { username: username.value.trim() }),
    };
    return Object.keys(given).length === 0 ? null : given;
  };
  return (
    <>
      <Title tab={texts.tab(texts.views.sessions)}>{texts.views.sessions}</Title>
      <p>{texts.sessions.intro}</p>
      <Action
        {...{ operator, name: texts.sessions.end, path: "maintenance/end-sessions", body: wish }}
        done={(answer) => {
          run.value = (answer as EndedSessions).id;
        }}
      >
        {field("workspace", workspace)}
        {field("username", username)}
      </Action>
      {run.value !== null && <Run key={run.value} operator={operator} id={run.value} />}
    </>
  );
}

function Run({ operator, id }: { operator: Operator; id: string }) {
  const { body, trouble } = useAsked<EndedSessions>(
    operator,
    `maintenance/end-sessions/${encodeURIComponent(id)}`,
    2_000,
    ({ state }) => state !== "running",
  );
  const run = body.value;
  return (
    <>
      <Trouble words={trouble.value} />
      <p role="status">{run ? texts.sessions.far(run.state, run.counts.ended, run.of, run.counts.failed) : ""}</p>
    </>
  );
}
