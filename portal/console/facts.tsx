import type { ComponentChildren } from "preact";
import { Words } from "../components/words.tsx";

/** Names and values, as a summary list; what is not there is left out. */
export function Facts({ facts }: { facts: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="nhsuk-summary-list">
      {Object.entries(facts)
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <div key={name} class="nhsuk-summary-list__row">
            <dt class="nhsuk-summary-list__key">{name}</dt>
            <dd class="nhsuk-summary-list__value">{typeof value === "string" ? <Words>{value}</Words> : value}</dd>
          </div>
        ))}
    </dl>
  );
}
