/** What the tabs of one browser tell each other: that something is new, and nothing of what it is. */
export type News =
  | "changed"
  /** Keycloak's session is about to end. Until it has, it would sign each of them in again without a question. */
  | "signing out"
  | "signed out";

export interface Tabs {
  tell(news: News): void;
  /** Calls it with what other tabs tell, until what it returns is called. */
  listen(hear: (news: News) => void): () => void;
}

/** Only tabs of this page's origin hear it. A browser that has no such channel does without: each tab then finds out by itself. */
export function tabsOf(name = "portal.news"): Tabs {
  const channel = channelOf<News>(name);
  const heard = new Set<(news: News) => void>();
  if (channel)
    channel.onmessage = ({ data }: MessageEvent<News>) => {
      for (const hear of heard) hear(data);
    };
  return {
    tell(news) {
      channel?.postMessage(news);
    },
    listen(hear) {
      heard.add(hear);
      return () => {
        heard.delete(hear);
      };
    },
  };
}

/** Null where the browser has none, or where storage is forbidden, and channels with it. */
export function channelOf<Told>(name: string): Channel<Told> | null {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}

/** The part of a BroadcastChannel that is needed: a message reaches all tabs but the one that sends it. */
export interface Channel<Told> {
  postMessage(told: Told): void;
  onmessage: ((event: MessageEvent<Told>) => void) | null;
}
