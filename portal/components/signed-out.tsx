import { texts } from "../texts.ts";

/** Instead of the page: the person has to sign in first. */
export function SignedOutPage({ failure, again }: { failure?: string; again: () => void }) {
  const words = failure === undefined ? texts.signedOut : texts.failed;
  return (
    <>
      <h1>{words.title}</h1>
      <p>{words.body}</p>
      {failure !== undefined && <p class="nhsuk-body-s">{failure}</p>}
      <button class="nhsuk-button" type="button" onClick={again}>
        {words.again}
      </button>
    </>
  );
}
