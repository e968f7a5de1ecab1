import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Film, SearchX } from "lucide-react";
import { useCallback } from "react";
import { videos } from "../api/queries";
import type { LibrarySearch } from "../router";
import { strings } from "../strings";
import { buttonClass } from "../ui/button";
import { Page } from "../ui/page";
import { Asked, Empty, Loading } from "../ui/states";
import { Filters } from "./filters";
import { VideoGrid } from "./grid";
import { Said } from "./said";
import { VideoTable } from "./table";

const words = strings.library;
const route = getRouteApi("/");
/** Fewer letters mean nothing yet. */
const ENOUGH = 3;

export function LibraryPage() {
  const { view = "grid", ...filter } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(videos(filter));
  const change = useCallback(
    (next: Partial<LibrarySearch>) => void navigate({ search: (search) => ({ ...search, ...next }), replace: true }),
    [navigate],
  );
  const more = useCallback(() => {
    if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
  }, [query]);
  const Shown = view === "grid" ? VideoGrid : VideoTable;
  return (
    <Page title={words.title} actions={<Link to="/upload" className={buttonClass("primary")}>{words.upload}</Link>}>
      <Filters search={{ ...filter, view }} onChange={change} />
      <Asked query={query} loading={<Waiting />}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          return items.length ? <Shown items={items} onEnd={more} /> : <Nothing filter={filter} />;
        }}
      </Asked>
      {filter.q && filter.q.length >= ENOUGH && <Said query={filter.q} />}
    </Page>
  );
}

function isFiltered(filter: LibrarySearch): boolean {
  return Object.entries(filter).some(([name, value]) => name !== "sort" && value !== undefined);
}

function Nothing({ filter }: { filter: LibrarySearch }) {
  // What is said may fit all the same; it follows.
  if (filter.q) return <p className="text-sm text-muted">{words.noTitle}</p>;
  if (isFiltered(filter)) return <Empty icon={SearchX} title={words.none} hint={words.noneHint} />;
  return (
    <Empty icon={Film} title={words.empty} hint={words.emptyHint}>
      <Link to="/upload" className={buttonClass("primary")}>
        {words.upload}
      </Link>
    </Empty>
  );
}

function Waiting() {
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-5">
      {Array.from({ length: 8 }, (_, index) => (
        <Loading key={index} className="aspect-video" />
      ))}
    </div>
  );
}
