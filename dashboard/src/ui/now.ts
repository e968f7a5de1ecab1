import { useEffect, useState } from "react";

/** The time, anew every `every` milliseconds while `ticking`. */
export function useNow(every = 1000, ticking = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every, ticking]);
  return now;
}
