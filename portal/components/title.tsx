import { useEffect, useRef } from "preact/hooks";

interface TitleProps {
  children: string;
  /** What the tab says, if not the same. */
  tab?: string | undefined;
  /** False for the first thing on a page: the browser reads that anyway. */
  takesFocus?: boolean;
}

/** The heading of a view. It gets the focus when the view changes, so that a screen reader reads on from there. */
export function Title({ children, tab = children, takesFocus = true }: TitleProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  useEffect(() => {
    document.title = tab;
  }, [tab]);
  return (
    <h1 ref={heading} tabIndex={-1} class="portal-title">
      {children}
    </h1>
  );
}
