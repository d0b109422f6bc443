import { texts } from "../texts.ts";
import { Details } from "./details.tsx";
import { Title } from "./title.tsx";

interface SignedOutProps {
  body: string;
  /** What went wrong, in technical words; undefined if nothing did. */
  failure?: string;
  /** False for the first thing on a page. */
  takesFocus: boolean;
  again: () => void;
}

/** Instead of the page: the person has to sign in first. */
export function SignedOutPage({ body, failure, takesFocus, again }: SignedOutProps) {
  const words = failure === undefined ? texts.signedOut : texts.failed;
  return (
    <>
      <Title takesFocus={takesFocus}>{words.title}</Title>
      <p>{body}</p>
      <button class="nhsuk-button" type="button" onClick={again}>
        {words.again}
      </button>
      {failure !== undefined && (
        <Details>
          <p>{failure}</p>
        </Details>
      )}
    </>
  );
}
