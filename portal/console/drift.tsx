import { useSignal } from "@preact/signals";
import { reconciled } from "../api/console-shapes.ts";
import type { Reconciled } from "../api/console-types.ts";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { consoleTexts as texts } from "./texts.ts";
import { type Operator, tellFailure } from "./asked.ts";
import { BusyButton } from "./busy-button.tsx";
import { RunUnderWay } from "./run-under-way.tsx";
import { Table } from "./table.tsx";

/** What drifted, and putting it right. Removals have to be confirmed by their number. */
export function DriftView({ operator }: { operator: Operator }) {
  const found = useSignal<Reconciled | null>(null);
  const trouble = useSignal("");
  const failure = useSignal<unknown>(null);
  const busy = useSignal(false);
  const typed = useSignal("");
  const run = async (query: string) => {
    if (busy.value) return;
    busy.value = true;
    trouble.value = "";
    failure.value = null;
    try {
      const { body } = await operator.api.call("POST", `maintenance/reconcile?${query}`, reconciled);
      if ("drifts" in body) found.value = body;
      else trouble.value = texts.drift.underWay;
      typed.value = "";
    } catch (error) {
      failure.value = error;
      trouble.value = tellFailure(error, operator);
    } finally {
      busy.value = false;
    }
  };
  const goes = found.value?.goes ?? 0;
  const look = () => void run("dryRun=true&wait=10");
  return (
    <>
      <Title tab={texts.tab(texts.views.drift)}>{texts.views.drift}</Title>
      <p>{texts.drift.intro}</p>
      <BusyButton kind="secondary" busy={busy.value} press={look}>
        {texts.drift.look}
      </BusyButton>
      <p role="status">
        {busy.value ? texts.drift.looking : trouble.value && `${trouble.value} `}
        {!busy.value && found.value && texts.drift.found(found.value.drifts.length, goes, found.value.dryRun)}
      </p>
      <RunUnderWay error={failure.value} />
      {found.value?.refused !== undefined && <p class="console-wrong">{found.value.refused}</p>}
      {found.value && found.value.drifts.length > 0 && (
        <Table
          caption={texts.views.drift}
          headings={[
            texts.drift.kind,
            texts.desktops.columns.username,
            texts.desktops.columns.workspace,
            texts.drift.reason,
          ]}
        >
          {found.value.drifts.map(({ kind, username, workspace, reason }, index) => (
            <tr key={index}>
              <td>{kind}</td>
              <td>{username}</td>
              <td>{workspace}</td>
              <td>
                <Words>{reason}</Words>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {found.value?.dryRun && found.value.drifts.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (goes > 0 && typed.value.trim() !== String(goes)) trouble.value = texts.drift.wrongNumber;
            else void run(`wait=10${goes > 0 ? `&confirm=${goes}` : ""}`);
          }}
        >
          {goes > 0 && (
            <div class="nhsuk-form-group">
              <label class="nhsuk-label" for="goes">
                {texts.drift.confirm(goes)}
              </label>
              <input
                class="nhsuk-input nhsuk-input--width-5"
                id="goes"
                inputMode="numeric"
                autocomplete="off"
                value={typed.value}
                onInput={(event) => {
                  typed.value = event.currentTarget.value;
                }}
              />
            </div>
          )}
          <BusyButton kind="warning" busy={busy.value}>
            {texts.drift.putRight}
          </BusyButton>
        </form>
      )}
    </>
  );
}
