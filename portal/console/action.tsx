import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useMemo } from "preact/hooks";
import type { Preview } from "../api/console-types.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, tellFailure } from "./asked.ts";
import { decisionOf } from "./decision.ts";

interface ActionProps {
  operator: Operator;
  /** What the button says. */
  name: string;
  path: string;
  /** The body without the reason; null while it is not complete. */
  body: () => object | null;
  /** What else the action needs to know. */
  children?: ComponentChildren;
  done: (answer: unknown) => void;
}

/** An action with consequences: a reason, then what would happen, then the decision. */
export function Action({ operator, name, path, body, children, done }: ActionProps) {
  const id = useId();
  const reason = useSignal("");
  const decision = useMemo(
    () =>
      decisionOf(
        async (path, sent) => (await operator.api.call<unknown>("POST", path, { body: sent })).body,
        (error) => tellFailure(error, operator),
      ),
    [],
  );
  const { preview, trouble, busy } = decision;

  const look = () => {
    const given = body();
    if (given === null || reason.value.trim() === "") trouble.value = texts.action.incomplete;
    else void decision.look(path, { ...given, reason: reason.value.trim() });
  };
  const confirm = async () => {
    const answer = await decision.confirm();
    if (answer === undefined) return;
    reason.value = "";
    done(answer);
  };

  return (
    <details class="nhsuk-details">
      <summary class="nhsuk-details__summary">
        <span class="nhsuk-details__summary-text">{name}</span>
      </summary>
      <form
        class="nhsuk-details__text"
        onSubmit={(event) => {
          event.preventDefault();
          look();
        }}
        onInput={() => {
          decision.change();
        }}
      >
        {children}
        <div class="nhsuk-form-group">
          <label class="nhsuk-label" for={id}>
            {texts.action.reason}
          </label>
          <input
            class="nhsuk-input"
            id={id}
            value={reason.value}
            maxLength={500}
            required
            autocomplete="off"
            onInput={(event) => {
              reason.value = event.currentTarget.value;
            }}
          />
        </div>
        <button class="nhsuk-button nhsuk-button--secondary" type="submit" disabled={busy.value}>
          {texts.action.preview}
        </button>
        <div role="status">
          {trouble.value !== null && <p class="console-wrong">{trouble.value}</p>}
          {preview.value && <PreviewText preview={preview.value} />}
        </div>
        {preview.value && !preview.value.refused && preview.value.would.length > 0 && (
          <button
            class="nhsuk-button nhsuk-button--warning"
            type="button"
            disabled={busy.value}
            onClick={() => void confirm()}
          >
            {texts.action.confirm(name)}
          </button>
        )}
      </form>
    </details>
  );
}

function PreviewText({ preview: { would, refused, of, connected, unanswered } }: { preview: Preview }) {
  if (refused) return <p class="console-wrong">{refused.reason}</p>;
  return (
    <>
      {would.length === 0 ? <p>{texts.action.nothing}</p> : would.map((words) => <p key={words}>{words}</p>)}
      {of > 1 && <p>{texts.action.connected(connected.people, of, connected.notKnown)}</p>}
      {unanswered.map((words) => (
        <p key={words}>{words}</p>
      ))}
    </>
  );
}
