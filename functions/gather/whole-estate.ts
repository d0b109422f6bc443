import { openIsolation } from "../../shared/lifecycle/isolation.ts";
import { estateOf, type WholeEstate } from "../../shared/lifecycle/listed-desktop.ts";
import { isolatedPods } from "../../shared/lifecycle/survey.ts";
import type { Services } from "../services.ts";
import { explainSurvey } from "./found-desktops.ts";
import { orNull } from "./rows.ts";
import { surveyDesktops } from "./survey.ts";

/** Reads everything about everybody: for callers who share it (`wholeEstate` of the services). */
export async function readWholeEstate(services: Omit<Services, "wholeEstate">): Promise<WholeEstate> {
  const missing: string[] = [];
  const survey = await surveyDesktops(services);
  const deployed = survey.desktops.map(({ desktop }) => desktop);
  const connections = await orNull(services.guacamole.connections(), (words) => missing.push(words));
  const openers = await services.desktops.openersOf([...new Set(deployed.map(({ username }) => username))]);
  return {
    at: survey.at,
    desktops: estateOf(explainSurvey(survey, connections), new Date(survey.at)),
    isolation: openIsolation(isolatedPods(deployed), openers),
    unanswered: [
      ...new Set([
        ...survey.unanswered,
        ...missing,
        ...survey.odd,
        ...survey.damaged.map(({ fault }) => fault.message),
      ]),
    ],
  };
}
