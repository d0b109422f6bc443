import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import type { Kept } from "../api/console-types.ts";
import { atTime } from "../pages/times.ts";
import { consoleTexts as texts } from "./texts.ts";
import type { Begun } from "./follow.ts";

/** For how long desktops are to be kept. */
export function Hours({ hours }: { hours: Signal<string> }) {
  const id = useId();
  return (
    <div class="nhsuk-form-group">
      <label class="nhsuk-label" for={id}>
        {texts.desktop.hours}
      </label>
      <select
        class="nhsuk-select"
        id={id}
        value={hours.value}
        onChange={(event) => {
          hours.value = event.currentTarget.value;
        }}
      >
        {["1", "4", "12", "24", "72"].map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </div>
  );
}

export function inHours(hours: string): string {
  return new Date(Date.now() + Number(hours) * 3_600_000).toISOString();
}

/** There is nothing to follow: it is kept. */
export function keptAs({ until }: Kept): Begun {
  return { state: "done", message: texts.desktop.kept(atTime(until, new Date())) };
}
