import { type ComponentChildren, render } from "preact";
import { type Api, apiOf } from "./api/client.ts";
import { Page } from "./components/page.tsx";
import { Boundary, Broken } from "./components/broken.tsx";
import { SignedOutPage } from "./components/signed-out.tsx";
import { SigningOutPage } from "./components/signing-out.tsx";
import { type PortalSettings, readSettings } from "./settings.ts";
import {
  beginSignIn,
  NoAnswer,
  rememberSignedOut,
  resumeSignIn,
  returnsFromSignOut,
  type SignedIn,
  type Visit,
  WrongClock,
} from "./sign-in.ts";
import { type News, type Tabs, tabsOf } from "./tabs.ts";
import { texts } from "./texts.ts";

/** What a page has once its person is signed in. */
export interface Entered {
  person: SignedIn;
  api: Api;
  settings: PortalSettings;
  /** The other tabs of this browser. */
  tabs: Tabs;
  /** Shows that the session has ended. What the page knew is gone: the machine may be shared. */
  leave: () => void;
}

/** Signs the person in, and shows the page. Called once by each page's main.tsx. */
export async function enter(service: string, pageOf: (entered: Entered) => ComponentChildren): Promise<void> {
  const root = document.getElementById("app");
  if (!root) throw new Error("enter the page: #app is missing");
  const settings = readSettings();
  const visit: Visit = { location, history, storage: sessionStorage };
  const home = location.pathname;
  const tabs = tabsOf();
  // What Preact has drawn must be taken away by Preact: it would go on with elements that are no longer in the page.
  const empty = () => {
    render(null, root);
    root.replaceChildren();
  };
  let shown: SignedIn | null = null;
  const show = (person: SignedIn | null, children: ComponentChildren) => {
    empty();
    shown = person;
    render(
      <Page service={service} home={home} person={person}>
        <Boundary>{children}</Boundary>
      </Page>,
      root,
    );
  };
  const again = () => {
    takesFocus = true;
    void beginSignIn(settings, visit).catch(showFailure);
  };
  // What is new in the middle of a visit is told by moving the focus to it; of a page that was just opened the browser tells.
  let takesFocus = false;
  const leave = () => {
    show(null, <SignedOutPage body={texts.signedOut.body} {...{ takesFocus, again }} />);
  };
  function showFailure(error: unknown): void {
    const { clock, away, body: other } = texts.failed;
    const body = error instanceof WrongClock ? clock(error.minutes) : error instanceof NoAnswer ? away : other;
    show(null, <SignedOutPage body={body} failure={(error as Error).message} {...{ takesFocus, again }} />);
  }

  // The last that another tab said of the session; also while this one signs in, which that session may still have let it.
  let told = null as News | null;
  const goOut = () => {
    rememberSignedOut(visit);
    if (told === "signing out") show(null, <SigningOutPage />);
    else leave();
  };
  tabs.listen((news) => {
    if (news === "changed") return;
    const waits = told === "signing out";
    told = news;
    if (shown !== null || waits) goOut();
  });

  // What nobody expected, of something that nobody waits for: the page would stand still without a word.
  addEventListener("unhandledrejection", (event) => {
    show(shown, <Broken error={event.reason as unknown} />);
  });
  // A page from the browser's memory, after "back", may belong to somebody who has signed out since. It is empty there,
  // so that nothing of theirs is seen before it is loaded again.
  addEventListener("pagehide", empty);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  if (returnsFromSignOut(visit)) tabs.tell("signed out");
  try {
    const person = await resumeSignIn(settings, visit);
    if (!person) {
      leave();
      return;
    }
    const signOut = () => {
      show(null, null);
      tabs.tell("signing out");
      return person.signOut();
    };
    const session = { ...person, signOut };
    takesFocus = true;
    if (told !== null) goOut();
    else show(session, pageOf({ person: session, api: apiOf(person), settings, tabs, leave }));
  } catch (error) {
    showFailure(error);
  }
}
