// Runs at the edge before anything is looked up: an address of a page is answered with the one page that holds them all.
var PREFIX = "__PREFIX__";
var PAGE = /__PAGE__/;
var FILE = /^\/(assets\/)?[\w.-]+\.[a-z0-9]+$/;
var ANSWERED = /__ANSWERED__/;

function handler(event) {
  var request = event.request;
  if (PREFIX) {
    if (request.uri.indexOf(PREFIX + "/") !== 0) return moved(PREFIX + "/");
    request.uri = request.uri.slice(PREFIX.length);
  }
  if (PAGE.test(request.uri)) request.uri = "/index.html";
  else if (!FILE.test(request.uri) && !ANSWERED.test(request.uri)) return missing();
  return request;
}

function moved(path) {
  return { statusCode: 302, statusDescription: "Found", headers: { location: { value: path } } };
}

function missing() {
  return {
    statusCode: 404,
    statusDescription: "Not Found",
    headers: { "content-type": { value: "text/plain; charset=utf-8" }, "cache-control": { value: "no-store" } },
    body: { encoding: "text", data: "There is nothing at this address." },
  };
}
