import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { DesktopState, Workspace } from "../api/types.ts";
import { Details } from "../components/details.tsx";
import { StateTag } from "../components/tag.tsx";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { texts } from "../texts.ts";
import type { Model } from "./model.ts";
import { nameOf, sentence, sorted } from "./state.ts";
import { onDay } from "./times.ts";

interface WorkspacesProps {
  model: Model;
  support: string | null;
  /** The workspace whose desktop runs, by name; null if none does. */
  running: string | null;
  takesFocus: boolean;
  /** What is told first, below the heading that gets the focus. */
  children: ComponentChildren;
}

/** The workspaces as cards: those that the person may open, then the others, with the reason. */
export function WorkspacesView({ model, support, running, takesFocus, children }: WorkspacesProps) {
  const all = model.workspaces.value;
  if (all === null) return <p role="status">{texts.workspaces.loading}</p>;
  const { open, closed } = sorted(all);
  const others = open.filter(({ workspace }) => workspace !== running);
  return (
    <>
      {running === null && (
        <Title takesFocus={takesFocus} tab={texts.service}>
          {texts.workspaces.title}
        </Title>
      )}
      {children}
      {running !== null && others.length > 0 && <h2>{texts.workspaces.title}</h2>}
      {all.length === 0 && <p>{texts.workspaces.none}</p>}
      {closed.length > 0 && open.length === 0 && <p>{texts.workspaces.noneOpen}</p>}
      {all.length === 0 && support !== null && <p>{texts.workspaces.whom(support)}</p>}
      {others.length > 0 && (
        <ul class="portal-cards">
          {others.map((workspace) => (
            <li key={workspace.workspace}>
              <OpenCard {...{ workspace, model, running }} />
            </li>
          ))}
        </ul>
      )}
      {closed.length > 0 && (
        <>
          <h2>{texts.workspaces.closed}</h2>
          <ul class="portal-cards">
            {closed.map((workspace) => (
              <li key={workspace.workspace}>
                <ClosedCard {...{ workspace, support }} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

/** In these the technical words say more. */
const doubtful: ReadonlySet<DesktopState> = new Set(["failed", "unknown"]);

function OpenCard({ workspace, model, running }: { workspace: Workspace; model: Model; running: string | null }) {
  const asks = useSignal(false);
  const name = nameOf(workspace);
  const { desktop } = workspace;
  const button = useRef<HTMLButtonElement>(null);
  const stays = useRef(false);
  useEffect(() => {
    if (!asks.value && stays.current) button.current?.focus();
    stays.current = false;
  }, [asks.value]);
  const start = () => void model.start(workspace.workspace);
  const runningName = model.workspaces.value?.find((each) => each.workspace === running);
  return (
    <div class="nhsuk-card">
      <div class="nhsuk-card__content">
        <h3 class="nhsuk-card__heading">{name}</h3>
        {workspace.description !== undefined && <p class="nhsuk-card__description">{workspace.description}</p>}
        {desktop && (
          <p>
            <StateTag state={desktop.state} /> {desktop.state === "absent" ? "" : desktop.explanation}
          </p>
        )}
        {workspace.until !== undefined && <p>{texts.workspaces.until(onDay(workspace.until))}</p>}
        {asks.value ? (
          <Question
            name={name}
            old={runningName ? nameOf(runningName) : (running ?? "")}
            yes={start}
            no={() => {
              stays.current = true;
              asks.value = false;
            }}
          />
        ) : (
          <button
            ref={button}
            class="nhsuk-button"
            type="button"
            aria-disabled={model.busy.value}
            onClick={() => {
              if (model.busy.value) return;
              if (running === null) start();
              else asks.value = true;
            }}
          >
            {running === null ? texts.workspaces.start : texts.workspaces.switch}
            <span class="nhsuk-u-visually-hidden">{texts.workspaces.of(name)}</span>
          </button>
        )}
        {desktop && doubtful.has(desktop.state) && (
          <Details>
            <p>
              <Words>{sentence(desktop.reason)}</Words>
            </p>
          </Details>
        )}
      </div>
    </div>
  );
}

/** The one question before a switch. It says what ends. */
function Question({ name, old, yes, no }: { name: string; old: string; yes: () => void; no: () => void }) {
  const group = useRef<HTMLDivElement>(null);
  useEffect(() => {
    group.current?.focus();
  }, []);
  return (
    <div
      ref={group}
      class="nhsuk-inset-text"
      role="group"
      aria-label={texts.switching.title(name)}
      tabIndex={-1}
      onKeyDown={({ key }) => {
        if (key === "Escape") no();
      }}
    >
      <p>
        <strong>{texts.switching.title(name)}</strong>
      </p>
      <p>{texts.switching.body(old, name)}</p>
      <div class="nhsuk-button-group">
        <button class="nhsuk-button" type="button" onClick={yes}>
          {texts.switching.yes(name)}
        </button>
        <button class="nhsuk-button nhsuk-button--secondary" type="button" onClick={no}>
          {texts.switching.no}
        </button>
      </div>
    </div>
  );
}

function ClosedCard({ workspace, support }: { workspace: Workspace; support: string | null }) {
  return (
    <div class="nhsuk-card">
      <div class="nhsuk-card__content">
        <h3 class="nhsuk-card__heading">{nameOf(workspace)}</h3>
        {workspace.description !== undefined && <p class="nhsuk-card__description">{workspace.description}</p>}
        {workspace.explanation !== undefined && <p>{workspace.explanation}</p>}
        {support !== null && <p>{texts.workspaces.whom(support)}</p>}
        <Details>
          <p>
            <Words>{sentence(`${workspace.reason} (${workspace.code})`)}</Words>
          </p>
        </Details>
      </div>
    </div>
  );
}
