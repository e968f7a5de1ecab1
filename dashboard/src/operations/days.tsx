import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Schema } from "../api/client";
import { strings } from "../strings";

const words = strings.operations;
const AXIS = { stroke: "var(--color-muted)", fontSize: 12, tickLine: false, axisLine: false } as const;

/** Questions day by day; the same figures as a table for who can't use the picture. */
export default function Days({ days }: { days: Schema["DayCounts"][] }) {
  const shown = days.map((day) => ({ ...day, answered: day.questions - day.unanswered }));
  return (
    <>
      <div aria-hidden className="h-56">
        <ResponsiveContainer>
          <BarChart data={shown} margin={{ left: -20, right: 8, top: 8 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis dataKey="date" tickFormatter={(day: string) => day.slice(5)} {...AXIS} />
            <YAxis allowDecimals={false} {...AXIS} />
            <Tooltip contentStyle={{ background: "var(--color-surface)", borderColor: "var(--color-line)", borderRadius: 8 }} cursor={{ fill: "var(--color-raised)" }} />
            <Legend iconType="circle" />
            <Bar dataKey="answered" stackId="asked" name={words.answered} fill="var(--color-accent)" isAnimationActive={false} />
            <Bar dataKey="unanswered" stackId="asked" name={words.unanswered} fill="var(--color-warn)" isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details className="mt-2 text-sm">
        <summary className="cursor-pointer text-xs text-muted">{words.table}</summary>
        <table className="mt-2 w-full text-left tabular-nums">
          <thead className="text-xs text-muted">
            <tr>
              {[words.day, words.questions, words.unanswered, words.completed, words.failed].map((name) => (
                <th key={name} scope="col" className="py-1 font-medium">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date} className="border-t border-line">
                <th scope="row" className="py-1 font-normal">{day.date}</th>
                <td>{day.questions}</td>
                <td>{day.unanswered}</td>
                <td>{day.jobs_completed}</td>
                <td>{day.jobs_failed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
