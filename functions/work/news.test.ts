import { expect, it } from "vitest";
import { newsOf } from "./news.ts";

it("everybody who listens for a person hears of their news once, and nobody else", async () => {
  const news = newsOf();
  const listeners = [news.listen("alice"), news.listen("alice")];
  const heard = listeners.map((each) => each.next(60_000));
  const other = news.listen("bob").next(1);
  news.tell("alice");
  expect(await Promise.all(heard)).toEqual(["news", "news"]);
  expect(await other).toBe("time");
  expect(await Promise.all(listeners.map((each) => each.next(1)))).toEqual(["time", "time"]);
});

it("news that comes between two waits is heard by the next one, once", async () => {
  const news = newsOf();
  const listener = news.listen("alice");
  news.tell("alice");
  news.tell("alice");
  expect(await listener.next(60_000)).toBe("news");
  expect(await listener.next(1)).toBe("time");
});

it("who stopped listening hears nothing, and takes nothing from the others", async () => {
  const news = newsOf();
  const [gone, stays] = [news.listen("alice"), news.listen("alice")];
  gone.close();
  news.tell("alice");
  expect(await gone.next(1)).toBe("time");
  expect(await stays.next(60_000)).toBe("news");
  stays.close();
  const later = news.listen("alice");
  stays.close();
  news.tell("alice");
  expect(await later.next(60_000)).toBe("news");
});
