import "@vidstack/react/player/styles/default/theme.css";
import "@vidstack/react/player/styles/default/layouts/audio.css";
import "@vidstack/react/player/styles/default/layouts/video.css";
import { useQuery } from "@tanstack/react-query";
import { MediaPlayer, MediaProvider, Poster, Track, type MediaPlayerInstance } from "@vidstack/react";
import {
  DefaultAudioLayout,
  defaultLayoutIcons,
  DefaultVideoLayout,
  type DefaultLayoutProps,
} from "@vidstack/react/player/layouts/default";
import { FileX } from "lucide-react";
import { useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import type { Schema } from "../api/client";
import { captions, playback } from "../api/queries";
import { strings } from "../strings";
import { buttonClass } from "../ui/button";
import { Asked, Empty, Loading } from "../ui/states";

const words = strings.video;

export type PlayerHandle = {
  /** Goes to the second and plays; before the film is there, as soon as it is. */
  play: (second: number) => void;
};

export type PlayerProps = {
  ref?: Ref<PlayerHandle>;
  video: Schema["VideoResponse"];
  chapters?: Schema["ChapterInfo"][];
  /** Where it stands at first. */
  at?: number | undefined;
  /** Whether it plays from there by itself. */
  playing?: boolean;
  onTime?: (second: number) => void;
};

export function Player(props: PlayerProps) {
  const links = useQuery(playback(props.video.id));
  return (
    <Asked query={links} loading={<Loading className="aspect-video" />}>
      {(found) => <Film {...props} links={found} />}
    </Asked>
  );
}

function Film({ ref, video, chapters = [], at = 0, playing = false, onTime, links }: PlayerProps & { links: Schema["PlaybackResponse"] }) {
  const player = useRef<MediaPlayerInstance>(null);
  const ready = useRef(false);
  const wanted = useRef({ second: at, playing });
  const [broken, setBroken] = useState(false);
  const text = useQuery({ ...captions(video.id), enabled: links.captions_url !== null });

  useImperativeHandle(ref, () => ({ play: (second) => seek(second, true) }));
  useEffect(() => player.current?.subscribe(({ currentTime }) => onTime?.(currentTime)), [onTime]);
  useEffect(() => {
    if (at !== wanted.current.second) seek(at, false);
  }, [at]);

  function seek(second: number, playing: boolean) {
    wanted.current = { second, playing };
    const film = player.current;
    if (!film || !ready.current) return;
    film.currentTime = second;
    // Browsers may want a click first; the player stands at the right second anyway.
    if (playing) void film.play().catch(() => undefined);
  }

  if (broken) return <Unplayable url={links.download_url} />;
  const sound = video.has_picture === false;
  // Whoever comes for a moment is to see it, not the poster.
  const shown = !sound && at === 0 && links.poster_url;
  return (
    <MediaPlayer
      ref={player}
      title={video.title}
      src={{ src: links.url, type: sound ? "audio/mpeg" : "video/mp4" }}
      viewType={sound ? "audio" : "video"}
      load="eager"
      playsInline
      keyTarget="document"
      onCanPlay={() => {
        ready.current = true;
        seek(wanted.current.second, wanted.current.playing);
      }}
      onError={() => setBroken(true)}
      className="overflow-hidden rounded-xl"
    >
      <MediaProvider>{shown && <Poster src={shown} alt={words.poster(video.title)} className="vds-poster" />}</MediaProvider>
      {text.data && (
        <Track kind="captions" type="vtt" content={text.data} label={words.captionsTrack} lang={video.language ?? "en"} default />
      )}
      {chapters.length > 0 && (
        <Track kind="chapters" type="json" content={{ cues: cues(chapters) }} label={words.chapters} lang="en" default />
      )}
      <Layout sound={sound} thumbnails={stills(links.thumbnails, video.duration ?? 0)} />
    </MediaPlayer>
  );
}

function Layout({ sound, thumbnails }: { sound: boolean; thumbnails: NonNullable<DefaultLayoutProps["thumbnails"]> }) {
  // Casting would load a third party's script.
  const slots = { googleCastButton: null };
  return sound ? (
    <DefaultAudioLayout icons={defaultLayoutIcons} slots={slots} />
  ) : (
    <DefaultVideoLayout icons={defaultLayoutIcons} thumbnails={thumbnails} slots={slots} />
  );
}

function Unplayable({ url }: { url: string }) {
  return (
    <div className="rounded-xl border border-line bg-surface">
      <Empty icon={FileX} title={words.unplayable} hint={words.unplayableHint}>
        <a href={url} className={buttonClass("primary")}>
          {words.download}
        </a>
      </Empty>
    </div>
  );
}

function cues(chapters: Schema["ChapterInfo"][]) {
  return chapters.map(({ start, end, title }) => ({ startTime: start, endTime: end, text: title }));
}

function stills(thumbnails: Schema["ThumbnailInfo"][], duration: number) {
  return thumbnails.map(({ at, url }, index) => ({ url, startTime: at, endTime: thumbnails[index + 1]?.at ?? duration }));
}
