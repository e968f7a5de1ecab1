import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Schema } from "../api/client";
import { span } from "../logic/time";
import { strings } from "../strings";

const words = strings.operations;
const AXIS = { stroke: "var(--color-muted)", fontSize: 12, tickLine: false, axisLine: false } as const;

/** How much film went through day by day, and how long jobs took. */
export default function Pace({ days }: { days: Schema["DayCounts"][] }) {
  const shown = days.map(({ date, video_seconds }) => ({ date, hours: Number((video_seconds / 3600).toFixed(2)) }));
  return (
    <>
      <div aria-hidden className="h-40">
        <ResponsiveContainer>
          <BarChart data={shown} margin={{ left: -20, right: 8, top: 8 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis dataKey="date" tickFormatter={(day: string) => day.slice(5)} {...AXIS} />
            <YAxis {...AXIS} />
            <Tooltip contentStyle={{ background: "var(--color-surface)", borderColor: "var(--color-line)", borderRadius: 8 }} cursor={{ fill: "var(--color-raised)" }} />
            <Bar dataKey="hours" name={words.hoursPerDay} fill="var(--color-accent)" isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details className="mt-2 text-sm">
        <summary className="cursor-pointer text-xs text-muted">{words.table}</summary>
        <table className="mt-2 w-full text-left tabular-nums">
          <thead className="text-xs text-muted">
            <tr>
              {[words.day, words.videos, words.hoursPerDay, words.completed, words.jobTime, words.slowest].map((name) => (
                <th key={name} scope="col" className="py-1 pr-3 font-medium">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date} className="border-t border-line">
                <th scope="row" className="py-1 font-normal">{day.date}</th>
                <td>{day.videos}</td>
                <td>{(day.video_seconds / 3600).toFixed(1)}</td>
                <td>{day.jobs_completed}</td>
                <td>{day.job_seconds_median === null ? "" : span(day.job_seconds_median)}</td>
                <td>{day.job_seconds_p95 === null ? "" : span(day.job_seconds_p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
