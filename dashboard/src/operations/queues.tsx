import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../api/client";
import { strings } from "../strings";
import { Panel } from "../ui/page";
import { Asked } from "../ui/states";
import { byNeed, holdsSomething } from "./figures";
import { Letters } from "./letters";
import { queues } from "./queries";

const words = strings.operations;

/** Both want a key that may operate; without it, one refusal says so for both. */
export function QueuesAndLetters() {
  const query = useQuery(queues());
  return (
    <>
      <Panel title={words.queues}>
        <Asked query={query}>{(answer) => <Depths queues={byNeed(answer.queues)} />}</Asked>
      </Panel>
      {query.data && <Letters />}
    </>
  );
}

/** The many that are empty stand behind a line that says how many they are. */
function Depths({ queues: all }: { queues: Schema["QueueDepth"][] }) {
  const busy = all.filter(holdsSomething);
  const idle = all.filter((queue) => !holdsSomething(queue));
  return (
    <>
      {busy.length > 0 && <Table queues={busy} />}
      {idle.length > 0 && (
        <details className="mt-2 text-sm">
          <summary className="cursor-pointer text-xs text-muted">{words.idleQueues(idle.length, all.length)}</summary>
          <Table queues={idle} />
        </details>
      )}
    </>
  );
}

function Table({ queues: some }: { queues: Schema["QueueDepth"][] }) {
  return (
    <table className="w-full text-left text-sm tabular-nums">
      <thead className="text-xs text-muted">
        <tr>
          <th scope="col" className="py-1 font-medium">{words.queue}</th>
          {[words.visible, words.inFlight, words.delayed].map((name) => (
            <th key={name} scope="col" className="py-1 pl-3 text-right font-medium">{name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {some.map((queue) => (
          <tr key={queue.name} className="border-t border-line">
            <th scope="row" className="py-1 font-normal break-words">{queue.name}</th>
            {([queue.visible, queue.in_flight, queue.delayed] as const).map((count, at) => (
              <td key={at} className={`py-1 pl-3 text-right ${queue.dead_letters && count ? "font-semibold text-bad" : ""}`}>
                {count}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
