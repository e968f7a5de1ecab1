import { useEffect, useLayoutEffect, useState, type RefObject } from "react";

/** How many columns of at least `least` pixels fit into the element. */
export function useColumns(element: RefObject<HTMLElement | null>, least: number, gap: number): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const box = element.current!;
    const measure = () => setColumns(Math.max(1, Math.floor((box.clientWidth + gap) / (least + gap))));
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    measure();
    return () => observer.disconnect();
  }, [element, least, gap]);
  return columns;
}

/** Where the element begins in the document, for lists that scroll with the window. */
export function useTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setTop(element.current!.getBoundingClientRect().top + window.scrollY);
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return top;
}

const NEAR = 6;

/** Calls `onEnd` when the last rows come into sight. */
export function useEnd(last: number | undefined, count: number, onEnd: () => void) {
  useEffect(() => {
    if (last !== undefined && last >= count - NEAR) onEnd();
  }, [last, count, onEnd]);
}
