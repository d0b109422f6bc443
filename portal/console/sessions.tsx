import { useSignal } from "@preact/signals";
import { endedSessions } from "../api/console-shapes.ts";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { Action } from "./action.tsx";
import { address, go } from "./address.ts";
import { type Operator, useAsked } from "./asked.ts";
import { Link } from "./link.tsx";
import { describeRun } from "./progress.ts";
import { Trouble } from "./trouble.tsx";

/** Ends the sessions of a workspace or a person. */
export function SessionsView({ operator }: { operator: Operator }) {
  const workspace = useSignal("");
  const username = useSignal("");
  const run = address.value["run"];
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
        {...{ operator, name: texts.sessions.end, path: "maintenance/end-sessions", answer: endedSessions, body: wish }}
        done={({ id, workspace, username }) => {
          const to = { view: "sessions", run: id };
          const whose = [username, workspace].filter((each) => each !== undefined).join(", ");
          operator.follower.beginRun(texts.asked.one(texts.sessions.end, whose), to, id);
          go(to);
        }}
      >
        {field("workspace", workspace)}
        {field("username", username)}
      </Action>
      {run !== undefined && <Run key={run} operator={operator} id={run} />}
    </>
  );
}

function Run({ operator, id }: { operator: Operator; id: string }) {
  const { body, trouble } = useAsked(
    operator,
    `maintenance/end-sessions/${encodeURIComponent(id)}`,
    endedSessions,
    2_000,
    ({ state }) => state !== "running",
  );
  const run = body.value;
  return (
    <>
      <Trouble words={trouble.value} isShown={run !== null} />
      {run && (
        <>
          <h2>{texts.sessions.run(run.username, run.workspace)}</h2>
          <p>{describeRun(run)}</p>
          <p>{texts.sessions.why(run.reason)}</p>
          {run.trouble !== undefined && (
            <p class="console-wrong">
              <Words>{run.trouble}</Words>
            </p>
          )}
          <ul>
            {run.failed.map(({ username, workspace, reason }) => (
              <li key={`${username} ${workspace}`} class="console-wrong">
                {texts.desktop.title(username, workspace)}: <Words>{reason}</Words>
              </li>
            ))}
            {run.ended.map(({ username, workspace }) => (
              <li key={`${username} ${workspace}`}>
                <Link to={{ username, workspace }}>{texts.desktop.title(username, workspace)}</Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
