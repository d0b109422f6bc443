import type { ComponentChildren } from "preact";
import type { SignedIn } from "../sign-in.ts";
import { texts } from "../texts.ts";

interface PageProps {
  service: string;
  home: string;
  person: SignedIn | null;
  children: ComponentChildren;
}

/** The frame of every page: skip link, header with the person, main part, footer. */
export function Page({ service, home, person, children }: PageProps) {
  return (
    <>
      <a class="nhsuk-skip-link" href="#maincontent">
        {texts.skip}
      </a>
      <header class="nhsuk-header" role="banner">
        <div class="nhsuk-header__container nhsuk-width-container">
          <div class="nhsuk-header__service">
            <a class="nhsuk-header__service-name" href={home}>
              {service}
            </a>
          </div>
          {person && (
            <nav class="nhsuk-header__account" aria-label="Account">
              <ul class="nhsuk-header__account-list">
                <li class="nhsuk-header__account-item">{texts.signedInAs(person.name)}</li>
                <li class="nhsuk-header__account-item">
                  <button class="nhsuk-header__account-button" type="button" onClick={() => void person.signOut()}>
                    {texts.signOut}
                  </button>
                </li>
              </ul>
            </nav>
          )}
        </div>
      </header>
      <div class="nhsuk-width-container">
        <main class="nhsuk-main-wrapper" id="maincontent" tabIndex={-1}>
          {children}
        </main>
      </div>
      <footer class="nhsuk-footer" role="contentinfo">
        <div class="nhsuk-width-container">
          <ul class="nhsuk-footer__list">
            <li class="nhsuk-footer__list-item">
              <a class="nhsuk-footer__list-item-link" href="/accessibility">
                {texts.accessibility}
              </a>
            </li>
          </ul>
        </div>
      </footer>
    </>
  );
}
