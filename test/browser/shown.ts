import type { BrowserContext } from "playwright-core";
import type { TestContext } from "vitest";

/** After a test that failed, tells what its pages show: "timeout" alone does not say what was there instead. */
export async function tellWhatIsShown(
  { task }: Pick<TestContext, "task">,
  contexts: readonly BrowserContext[],
): Promise<void> {
  if (task.result?.state !== "fail") return;
  for (const page of contexts.flatMap((context) => context.pages())) {
    const shown = await page
      .locator("body")
      .innerText({ timeout: 1_000 })
      .catch((error: unknown) => String(error));
    console.error(`${task.name}\n${page.url()} shows:\n${shown.slice(0, 2_000)}\n`);
  }
}
