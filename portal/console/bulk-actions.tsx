import { useSignal } from "@preact/signals";
import { preview as previewShape } from "../api/console-shapes.ts";
import type { ShapeOf } from "../api/shape.ts";
import { kept, operation } from "../api/shapes.ts";
import { consoleTexts as texts } from "./texts.ts";
import { ActionForm } from "./action.tsx";
import { address } from "./address.ts";
import { type Operator, tellFailure } from "./asked.ts";
import { type BulkPreview, previewAll } from "./bulk.ts";
import type { Begun } from "./follow.ts";
import { Hours, inHours, keptAs } from "./hours.tsx";
import { type Chosen, countPeople, type Selection } from "./selection.ts";

const actions = ["suspend", "extend", "retire"] as const;
type Verb = (typeof actions)[number];

interface Wish {
  desktops: readonly Chosen[];
  body: object;
}

/** What can be done with the selected desktops. It is there before anything is selected, so that the table stays where it is. */
export function Bulk({ operator, selection }: { operator: Operator; selection: Selection }) {
  const chosen = selection.chosen.value;
  const gone = selection.gone.value;
  return (
    <section aria-label={texts.bulk.title} class="console-bulk">
      <p role="status">
        {texts.bulk.selected(chosen.length, countPeople(chosen))}
        {gone.length > 0 && ` ${texts.bulk.gone(gone.map(({ name }) => name))}`}
      </p>
      <div class="console-actions">
        {actions.map((verb) => (
          <BulkAction key={verb} {...{ operator, verb, chosen }} done={selection.clear} />
        ))}
      </div>
    </section>
  );
}

interface BulkActionProps {
  operator: Operator;
  verb: Verb;
  chosen: readonly Chosen[];
  done: () => void;
}

function BulkAction({ operator, verb, chosen, done }: BulkActionProps) {
  const hours = useSignal("4");
  const post = async <Answer,>({ id }: Chosen, query: string, shape: ShapeOf<Answer>, body: object) =>
    (await operator.api.call("POST", `desktops/${encodeURIComponent(id)}/${verb}${query}`, shape, { body })).body;
  const begun = async (desktop: Chosen, body: object): Promise<Begun> =>
    verb === "extend" ? keptAs(await post(desktop, "", kept, body)) : post(desktop, "", operation, body);
  const name = texts.desktop[verb];
  return (
    <ActionForm<Wish, BulkPreview, true>
      {...{ operator, name, done }}
      about={chosen}
      missing={texts.bulk.missing}
      wish={(reason) =>
        chosen.length === 0
          ? null
          : { desktops: chosen, body: { reason, ...(verb === "extend" && { until: inHours(hours.value) }) } }
      }
      look={({ desktops, body }) =>
        previewAll(
          desktops,
          (desktop) => post(desktop, "?dryRun=true", previewShape, body),
          (error) => tellFailure(error, operator),
        )
      }
      act={({ body }, { ready }) => {
        const wishes = ready.map((desktop) => ({ ...desktop, ask: () => begun(desktop, body) }));
        operator.follower.begin(texts.asked.one(name, texts.desktops.total(ready.length)), address.value, wishes);
        return Promise.resolve(true as const);
      }}
      show={(preview) => <BulkPreviewText {...{ verb, preview }} hours={hours.value} />}
      isWorth={({ ready }) => ready.length > 0}
    >
      {verb === "extend" && <Hours hours={hours} />}
    </ActionForm>
  );
}

interface BulkPreviewProps {
  verb: Verb;
  preview: BulkPreview;
  hours: string;
}

function BulkPreviewText({ verb, preview, hours }: BulkPreviewProps) {
  const { ready, people, connected, left, unanswered } = preview;
  return (
    <>
      {ready.length > 0 && (
        <p>
          {texts.bulk.would[verb](texts.bulk.many(ready.length, people), hours)}{" "}
          {texts.bulk.connected(connected.people, connected.notKnown)}
        </p>
      )}
      {left.length > 0 && (
        <>
          <p>{texts.bulk.left}</p>
          <ul>
            {left.map(({ desktop, words }) => (
              <li key={desktop.id}>
                {desktop.name}: {words}
              </li>
            ))}
          </ul>
        </>
      )}
      {unanswered.map((words) => (
        <p key={words}>{words}</p>
      ))}
    </>
  );
}
