"use strict";
// Plays one video from ?t= seconds. The key stays in this tab's session; text from outside is only ever set as text.
const api = new URL("../api/v1/", location.href);
const id = location.pathname.replace(/\/+$/, "").split("/").pop();
const wanted = Number.parseFloat(new URLSearchParams(location.search).get("t"));
const at = Number.isFinite(wanted) ? Math.max(0, wanted) : 0;
const element = (name) => document.getElementById(name);

class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

async function ask(path) {
  const headers = { "X-API-Key": sessionStorage.getItem("api-key") };
  const answer = await fetch(new URL(path, api), { headers });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, [problem.detail ?? answer.statusText, problem.hint].filter(Boolean).join(" "));
}

async function addCaptions(player) {
  const text = await (await ask(`videos/${id}/transcript.vtt`)).blob();
  const track = document.createElement("track");
  Object.assign(track, { kind: "captions", label: "Transcript", default: true, src: URL.createObjectURL(text) });
  player.append(track);
}

async function play() {
  element("message").textContent = "Loading …";
  const video = await (await ask(`videos/${id}`)).json();
  const links = await (await ask(`videos/${id}/playback?thumbnails=false`)).json();
  const player = element("player");
  element("title").textContent = document.title = video.title;
  const low = video.transcript?.quality === "low";
  element("message").textContent = low ? "The captions come from a recogniser of low quality; don't rely on them." : "";
  if (links.captions_url) await addCaptions(player).catch(() => {}); // The film is worth playing without them.
  if (links.poster_url) player.poster = links.poster_url;
  player.addEventListener("loadedmetadata", () => { player.currentTime = at; }, { once: true });
  player.addEventListener("error", () => { element("message").textContent = "This browser can't play the file."; });
  player.src = links.url;
  player.hidden = false;
  player.play().catch(() => {}); // Browsers may want a click first; the player stands at the right second anyway.
}

function askForKey(sentence) {
  sessionStorage.removeItem("api-key");
  element("message").textContent = sentence;
  element("key-form").hidden = false;
  element("key").focus();
}

async function start() {
  if (!sessionStorage.getItem("api-key")) return askForKey("Enter the API key that you were given.");
  element("key-form").hidden = true;
  try {
    await play();
  } catch (error) {
    element("message").textContent = error.message;
    if (error.status === 401) askForKey(error.message);
  }
}

element("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("api-key", element("key").value.trim());
  start();
});
start();
