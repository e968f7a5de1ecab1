/** The second that a link to a moment of this video names (`…/videos/ID?t=83`); null for every other link. */
export function secondIn(href: string | undefined, videoId: string): number | null {
  const url = href ? URL.parse(href, "http://page") : null;
  if (!url?.pathname.endsWith(`/videos/${videoId}`)) return null;
  const second = Number.parseFloat(url.searchParams.get("t") ?? "");
  return Number.isFinite(second) && second >= 0 ? second : null;
}
