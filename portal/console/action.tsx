import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useMemo } from "preact/hooks";
import { preview as previewShape } from "../api/console-shapes.ts";
import type { Preview } from "../api/console-types.ts";
import type { ShapeOf } from "../api/shape.ts";
import { Words } from "../components/words.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, tellFailure } from "./asked.ts";
import { BusyButton } from "./busy-button.tsx";
import { RunUnderWay } from "./run-under-way.tsx";
import { type Deciding, decisionOf } from "./decision.ts";

interface FormProps<Wish, Seen, Answer> extends Deciding<Wish, Seen, Answer> {
  operator: Operator;
  /** What the button says. */
  name: string;
  /** What is wished, for this reason; null while it is not complete. */
  wish: (reason: string) => Wish | null;
  show: (seen: Seen) => ComponentChildren;
  /** True if there is something to confirm. */
  isWorth: (seen: Seen) => boolean;
  /** What else the action needs to know. */
  children?: ComponentChildren;
  /** What is chosen outside of the form: with another choice, what was previewed is not what would be done. */
  about?: unknown;
  /** What to do if the wish is not complete. */
  missing?: string;
  done: (answer: Answer) => void;
}

/** An action with consequences: a reason, then what would happen, then the decision. */
export function ActionForm<Wish, Seen, Answer>(props: FormProps<Wish, Seen, Answer>) {
  const { operator, name, wish, show, isWorth, children, about, missing = texts.action.incomplete, done } = props;
  const id = useId();
  const reason = useSignal("");
  const decision = useMemo(() => decisionOf<Wish, Seen, Answer>(props, (error) => tellFailure(error, operator)), []);
  const { preview, trouble, failure, busy } = decision;
  useEffect(() => {
    decision.change();
  }, [about]);

  const look = () => {
    const given = reason.value.trim() === "" ? null : wish(reason.value.trim());
    if (given !== null) {
      void decision.look(given);
      return;
    }
    failure.value = null;
    trouble.value = missing;
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
        <BusyButton kind="secondary" busy={busy.value}>
          {texts.action.preview}
        </BusyButton>
        <div role="status">
          {trouble.value !== null && <p class="console-wrong">{trouble.value}</p>}
          <RunUnderWay error={failure.value} />
          {preview.value !== null && show(preview.value)}
        </div>
        {preview.value !== null && isWorth(preview.value) && (
          <BusyButton kind="warning" busy={busy.value} press={() => void confirm()}>
            {texts.action.confirm(name)}
          </BusyButton>
        )}
      </form>
    </details>
  );
}

interface ActionProps<Answer> extends Pick<
  FormProps<object, Preview, Answer>,
  "operator" | "name" | "children" | "done"
> {
  path: string;
  /** What the answer looks like when it is done. */
  answer: ShapeOf<Answer>;
  /** The body without the reason; null while it is not complete. */
  body: () => object | null;
}

/** An action of one call, which says with `dryRun` what it would do. */
export function Action<Answer>({ operator, path, answer, body, ...rest }: ActionProps<Answer>) {
  const post = async <Given,>(query: string, shape: ShapeOf<Given>, sent: object) =>
    (await operator.api.call("POST", path + query, shape, { body: sent })).body;
  return (
    <ActionForm<object, Preview, Answer>
      {...{ operator, ...rest }}
      wish={(reason) => {
        const given = body();
        return given && { ...given, reason };
      }}
      look={(sent) => post("?dryRun=true", previewShape, sent)}
      act={(sent) => post("", answer, sent)}
      show={(preview) => <PreviewText preview={preview} />}
      isWorth={({ refused, would }) => !refused && would.length > 0}
    />
  );
}

function PreviewText({ preview: { would, refused, unanswered } }: { preview: Preview }) {
  if (refused)
    return (
      <p class="console-wrong">
        <Words>{refused.reason}</Words>
      </p>
    );
  return (
    <>
      {would.length === 0 ? (
        <p>{texts.action.nothing}</p>
      ) : (
        would.map((words) => (
          <p key={words}>
            <Words>{words}</Words>
          </p>
        ))
      )}
      {unanswered.map((words) => (
        <p key={words}>{words}</p>
      ))}
    </>
  );
}
