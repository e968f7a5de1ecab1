import type { ReactNode } from "react";
import { Bar, BarChart, CartesianGrid, Legend, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { Schema } from "../api/client";
import { strings } from "../strings";

const words = strings.operations;
const AXIS = { stroke: "var(--color-muted)", fontSize: 12, tickLine: false, axisLine: false } as const;

export type Day = Schema["DayCounts"];
/** A part of each day's bar. */
type Part = { name: string; fill: string; of: (day: Day) => number };
type Column = { name: string; of: (day: Day) => ReactNode };
type Props = { days: Day[]; parts: Part[]; columns: Column[]; whole?: boolean; className: string };

/** Bars day by day; the same figures as a table for who can't use the picture. `whole`: there are no halves of them. */
export function ByDay({ days, parts, columns, whole = false, className }: Props) {
  return (
    <>
      <div aria-hidden className={className}>
        <ResponsiveContainer>
          <BarChart data={days} margin={{ left: -20, right: 8, top: 8 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--color-line)" />
            <XAxis dataKey="date" tickFormatter={(day: string) => day.slice(5)} {...AXIS} />
            <YAxis allowDecimals={!whole} {...AXIS} />
            <Tooltip contentStyle={{ background: "var(--color-surface)", borderColor: "var(--color-line)", borderRadius: 8 }} cursor={{ fill: "var(--color-raised)" }} />
            {parts.length > 1 && <Legend iconType="circle" />}
            {parts.map(({ name, fill, of }) => (
              <Bar key={name} dataKey={of} stackId="day" name={name} fill={fill} isAnimationActive={false} />
            ))}
          </BarChart>
        </ResponsiveContainer>
      </div>
      <details className="mt-2 text-sm">
        <summary className="cursor-pointer text-xs text-muted">{words.table}</summary>
        <table className="mt-2 w-full text-left tabular-nums">
          <thead className="text-xs text-muted">
            <tr>
              {[words.day, ...columns.map(({ name }) => name)].map((name) => (
                <th key={name} scope="col" className="py-1 pr-3 font-medium">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day) => (
              <tr key={day.date} className="border-t border-line">
                <th scope="row" className="py-1 font-normal">{day.date}</th>
                {columns.map(({ name, of }) => (
                  <td key={name}>{of(day)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
