import type { ComponentChildren } from "preact";

/** Names and values, as a summary list; what is not there is left out. */
export function Facts({ facts }: { facts: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="nhsuk-summary-list">
      {Object.entries(facts)
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <div key={name} class="nhsuk-summary-list__row">
            <dt class="nhsuk-summary-list__key">{name}</dt>
            <dd class="nhsuk-summary-list__value">{value}</dd>
          </div>
        ))}
    </dl>
  );
}
