import { strings } from "../strings";
import { ByDay, type Day } from "./by-day";

const words = strings.operations;
const PARTS = [
  { name: words.answered, fill: "var(--color-accent)", of: (day: Day) => day.questions - day.unanswered },
  { name: words.unanswered, fill: "var(--color-warn)", of: (day: Day) => day.unanswered },
];
const COLUMNS = [
  { name: words.questions, of: (day: Day) => day.questions },
  { name: words.unanswered, of: (day: Day) => day.unanswered },
  { name: words.completed, of: (day: Day) => day.jobs_completed },
  { name: words.failed, of: (day: Day) => day.jobs_failed },
];

/** Questions day by day. */
export default function Days({ days }: { days: Day[] }) {
  return <ByDay days={days} parts={PARTS} columns={COLUMNS} whole className="h-56" />;
}
