import { span } from "../logic/time";
import { strings } from "../strings";
import { ByDay, type Day } from "./by-day";

const words = strings.operations;
const PARTS = [{ name: words.hoursPerDay, fill: "var(--color-accent)", of: (day: Day) => Number((day.video_seconds / 3600).toFixed(2)) }];
const COLUMNS = [
  { name: words.videos, of: (day: Day) => day.videos },
  { name: words.hoursPerDay, of: (day: Day) => (day.video_seconds / 3600).toFixed(1) },
  { name: words.completed, of: (day: Day) => day.jobs_completed },
  { name: words.jobTime, of: (day: Day) => (day.job_seconds_median === null ? "" : span(day.job_seconds_median)) },
  { name: words.slowest, of: (day: Day) => (day.job_seconds_p95 === null ? "" : span(day.job_seconds_p95)) },
];

/** How much film went through day by day, and how long jobs took. */
export default function Pace({ days }: { days: Day[] }) {
  return <ByDay days={days} parts={PARTS} columns={COLUMNS} className="h-40" />;
}
