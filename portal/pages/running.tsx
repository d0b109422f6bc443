import { useRef } from "preact/hooks";
import type { PersonsDesktop } from "../api/types.ts";
import { Details } from "../components/details.tsx";
import { StateTag } from "../components/tag.tsx";
import { Title } from "../components/title.tsx";
import { Words } from "../components/words.tsx";
import { texts } from "../texts.ts";
import type { Model } from "./model.ts";
import { choicesOf, endsSoon, sentence, webAddress } from "./state.ts";
import { atTime } from "./times.ts";

interface RunningProps {
  model: Model;
  desktop: PersonsDesktop;
  name: string;
  takesFocus: boolean;
}

/** The desktop that runs: open it, see when it ends and why, keep it longer, or stop it. */
export function RunningView({ model, desktop, name, takesFocus }: RunningProps) {
  const now = model.clock.value;
  const soon = endsSoon(desktop, now);
  const address = webAddress(desktop.url);
  const choices = choicesOf(desktop, now);
  const { endsAt, endsBecause, endsExplanation = "", kept, signInAgain } = desktop;
  const logout = webAddress(signInAgain?.logout);
  const end = useRef<HTMLParagraphElement>(null);
  /** The choice may be gone with the answer: the focus goes to what it led to. */
  const keep = async (until: string) => {
    if (model.busy.value) return;
    await model.keep(until);
    if (model.refusal.value === null) end.current?.focus();
  };
  return (
    <>
      <Title takesFocus={takesFocus} tab={soon === null ? undefined : texts.running.tabSoon(soon)}>
        {texts.running.title(name)}
      </Title>
      <div role="status">
        {soon !== null && (
          <div class="nhsuk-warning-callout">
            <h2 class="nhsuk-warning-callout__label">{texts.running.soonTitle}</h2>
            {/* Read out once: the minutes, which change, stand outside. */}
            <p>
              {soon <= 0 || endsAt === undefined
                ? texts.running.now(name)
                : texts.running.soon(atTime(endsAt, now), name)}
            </p>
          </div>
        )}
      </div>
      {soon !== null && soon > 0 && <p>{texts.running.left(soon)}</p>}
      <p>
        <StateTag state={desktop.state} /> {desktop.explanation}
      </p>
      {signInAgain && (
        <div class="nhsuk-inset-text">
          <h2>{texts.running.signInAgain}</h2>
          <p>{sentence(signInAgain.reason)}</p>
          {logout !== null && (
            <p>
              <a href={logout} target="_blank" rel="noopener noreferrer">
                {texts.running.logOut}
              </a>
            </p>
          )}
        </div>
      )}
      {address !== null && (
        <a class="nhsuk-button" href={address} draggable={false}>
          {texts.running.open}
        </a>
      )}
      <p ref={end} tabIndex={-1}>
        {endsAt === undefined ? texts.running.noEnd : texts.running.ends(atTime(endsAt, now), endsExplanation)}
      </p>
      {/* If that is its end, the sentence above says so. */}
      {kept && kept.until !== endsAt && <p>{texts.running.kept(atTime(kept.until, now), kept.by)}</p>}
      {choices.length > 0 ? (
        <div class="nhsuk-button-group" role="group" aria-label={texts.running.keepTitle}>
          {choices.map((until) => (
            <button
              key={until}
              class="nhsuk-button nhsuk-button--secondary"
              type="button"
              aria-disabled={model.busy.value}
              onClick={() => void keep(until)}
            >
              {texts.running.keep(atTime(until, now))}
            </button>
          ))}
        </div>
      ) : (
        soon !== null && <p>{texts.running.notLonger}</p>
      )}
      <button
        class="nhsuk-button nhsuk-button--secondary"
        type="button"
        aria-disabled={model.busy.value}
        onClick={() => void model.suspend()}
      >
        {texts.running.suspend}
      </button>
      <p class="nhsuk-body-s">{texts.running.suspendNote}</p>
      <Details>
        <p>
          <Words>{sentence(desktop.reason)}</Words>
        </p>
        {endsBecause !== undefined && <p>{sentence(endsBecause)}</p>}
      </Details>
    </>
  );
}
