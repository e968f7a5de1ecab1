import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Schema } from "../api/client";
import { costs as costsOf } from "../api/queries";
import { bytes, dollars } from "../logic/sizes";
import { ago } from "../logic/time";
import { strings } from "../strings";
import { useNow } from "../ui/now";
import { Asked } from "../ui/states";
import { byModel, type Spent } from "./figures";

const words = strings.operations;
const MINUTE = 60_000;
const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** Which reasons stopped jobs, how often, and what the latest one said. */
export function Reasons({ failures }: { failures: Schema["FailureInfo"][] }) {
  const now = useNow(MINUTE);
  if (!failures.length) return <p className="text-sm text-muted">{words.noReasons}</p>;
  return (
    <ul className="divide-y divide-line text-sm">
      {failures.map((each) => (
        <li key={`${each.code} ${each.stage}`} className="flex items-start gap-3 py-2">
          <Link to="/jobs" search={{ status: "failed" }} className="min-w-0 flex-1 hover:text-accent">
            <span className="block break-words">{each.message}</span>
            <span className="block text-xs break-words text-muted">
              {each.code} · {strings.jobs.stages[each.stage] ?? each.stage} · {ago(each.last_at, now)}
            </span>
          </Link>
          <span className="text-xs whitespace-nowrap text-muted tabular-nums">{words.jobs(each.jobs)}</span>
        </li>
      ))}
    </ul>
  );
}

export function Money() {
  const query = useQuery(costsOf());
  return (
    <Asked query={query}>
      {({ days, storage }) => (
        <>
          <Models spent={byModel(days)} />
          <p className="mt-3 text-xs text-muted">{words.stored(bytes(storage.bytes), dollars(storage.usd_a_month))}</p>
        </>
      )}
    </Asked>
  );
}

function Models({ spent }: { spent: Spent[] }) {
  if (!spent.length) return <p className="text-sm text-muted">{words.nothingSpent}</p>;
  return (
    <table className="w-full text-left text-sm tabular-nums">
      <thead className="text-xs text-muted">
        <tr>
          <th scope="col" className="py-1 font-medium">{words.model}</th>
          <th scope="col" className="py-1 font-medium">{words.amount}</th>
          <th scope="col" className="py-1 text-right font-medium">{words.price}</th>
        </tr>
      </thead>
      <tbody>
        {spent.map((each) => (
          <tr key={`${each.service} ${each.model}`} className="border-t border-line">
            <th scope="row" className="py-1 font-normal break-words">{each.model}</th>
            <td className="py-1">{amount(each)}</td>
            <td className="py-1 text-right">{dollars(each.usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function amount({ minutes, input_tokens, output_tokens, calls }: Spent): string {
  if (minutes) return words.minutes(count.format(minutes));
  const tokens = input_tokens + output_tokens;
  return tokens ? words.tokens(count.format(tokens)) : words.calls(count.format(calls));
}
