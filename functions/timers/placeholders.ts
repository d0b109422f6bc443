import type { Services } from "../services.ts";
import { keepPlacesFree } from "../work/fast-starts.ts";
import type { Timer } from "./timer.ts";

/**
 * Keeps places free for desktops by the schedule of PLACEHOLDERS; there is no such timer without one. It reads one
 * object, and writes if the number changes. Harmless if it runs twice or late.
 */
export function placeholdersTimer(services: Services): Timer[] {
  if (services.settings.PLACEHOLDERS.length === 0) return [];
  return [
    {
      name: "keepPlacesFree",
      schedule: "0 * * * * *",
      run: async (_hub, context) => {
        const { places, isNew } = await keepPlacesFree(services);
        if (isNew) context.log(`places kept free for desktops: ${places}`);
        return {};
      },
    },
  ];
}
