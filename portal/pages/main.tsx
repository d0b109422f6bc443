import { enter } from "../enter.tsx";
import { texts } from "../texts.ts";
import { WorkspacesPage } from "./workspaces.tsx";

void enter(texts.service, (entered) => <WorkspacesPage {...entered} />);
