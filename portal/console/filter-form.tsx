import type { ComponentChildren } from "preact";
import type { Desktops } from "../api/console-types.ts";
import { texts as pageTexts } from "../texts.ts";
import { consoleTexts as texts } from "./texts.ts";
import { type Address, go } from "./address.ts";
import { type Order, orders } from "./orders.ts";

interface FiltersProps {
  here: Address;
  counts: Desktops["counts"];
  /** Undefined if there is no such order. */
  order: Order | undefined;
  sort: (order: string) => void;
}

/** What the list is narrowed to, and its order: also for who does not see the headings of the table. */
export function Filters({ here, counts, order, sort }: FiltersProps) {
  const choices = { state: counts?.states, workspace: counts?.workspaces, rule: counts?.rules };
  const choose = (name: string, value: string) => {
    go({ ...here, [name]: value, after: "" });
  };
  return (
    <form
      class="console-filters"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      {Object.entries(choices).map(([name, counted]) => (
        <Choice
          key={name}
          id={`filter-${name}`}
          label={texts.desktops.columns[name as keyof typeof choices]}
          value={here[name] ?? ""}
          choose={(value) => {
            choose(name, value);
          }}
        >
          <option value="">{texts.desktops.all}</option>
          {optionsOf(counted, here[name]).map(([value, count]) => (
            <option key={value} value={value}>
              {optionWords(name, value, count)}
            </option>
          ))}
        </Choice>
      ))}
      <div class="nhsuk-form-group">
        <label class="nhsuk-label" for="filter-username">
          {texts.desktops.person}
        </label>
        <input
          class="nhsuk-input nhsuk-input--width-10"
          id="filter-username"
          value={here["username"] ?? ""}
          autocomplete="off"
          onChange={(event) => {
            choose("username", event.currentTarget.value.trim());
          }}
        />
      </div>
      <Choice id="sort" label={texts.desktops.sort} value={order ?? ""} choose={sort}>
        {orders.map((each) => (
          <option key={each} value={each}>
            {texts.desktops.orders[each]}
          </option>
        ))}
      </Choice>
    </form>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  value: string;
  choose: (value: string) => void;
  /** Its options. */
  children: ComponentChildren;
}

function Choice({ id, label, value, choose, children }: ChoiceProps) {
  return (
    <div class="nhsuk-form-group">
      <label class="nhsuk-label" for={id}>
        {label}
      </label>
      <select
        class="nhsuk-select"
        id={id}
        value={value}
        onChange={(event) => {
          choose(event.currentTarget.value);
        }}
      >
        {children}
      </select>
    </div>
  );
}

/** The count is left out while it is not known. */
function optionWords(filter: string, value: string, count: number | undefined): string {
  const words = filter === "state" ? (stateWords[value] ?? value) : value;
  return count === undefined ? words : `${words} (${count})`;
}

const stateWords: Readonly<Record<string, string>> = pageTexts.states;

/** The counted values, and the chosen one although there is none left. */
function optionsOf(
  counted: Readonly<Record<string, number>> | undefined,
  chosen: string | undefined,
): [string, number | undefined][] {
  const options: [string, number | undefined][] = Object.entries(counted ?? {}).sort(([one], [other]) =>
    one.localeCompare(other),
  );
  return chosen && !options.some(([value]) => value === chosen) ? [[chosen, counted && 0], ...options] : options;
}
