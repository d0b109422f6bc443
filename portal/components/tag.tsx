import type { DesktopState } from "../api/types.ts";
import { texts } from "../texts.ts";

const colours: Readonly<Record<DesktopState, string>> = {
  absent: "grey",
  starting: "blue",
  ready: "green",
  "in-use": "green",
  idle: "aqua-green",
  suspending: "orange",
  suspended: "grey",
  retiring: "orange",
  failed: "red",
  unknown: "yellow",
};

/** A desktop's state in words; the colour only repeats it. */
export function StateTag({ state }: { state: DesktopState }) {
  return <strong class={`nhsuk-tag nhsuk-tag--${colours[state]}`}>{texts.states[state]}</strong>;
}
