// OpenAI's client for Node, with another base URL: string, list, parts, a wrong key, a wrong request, a text on which the
// model fails, and its retries.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import OpenAI from "openai";

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });

const one = await client.moderations.create({ input: "you are an idiot" });
assert.equal(one.results[0].flagged, true);
assert.ok(Object.values(one.results[0].category_scores).every((score) => typeof score === "number"));
assert.ok(Object.keys(one.results[0].category_scores).length >= 13);
assert.ok(one._request_id.startsWith("req_"));

const list = await client.moderations.create({ input: ["what a day", "you are an idiot"] });
assert.deepEqual(list.results.map((result) => result.flagged), [false, true]);

const parts = await client.moderations.create({
  input: [{ type: "text", text: "what a day" }, { type: "text", text: "you are an idiot \ud83d" }],
});
assert.deepEqual(parts.results.map((result) => result.flagged), [true]);

const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: "wrong" });
await assert.rejects(stranger.moderations.create({ input: "a" }), OpenAI.AuthenticationError);
const image = { type: "image_url", image_url: { url: "https://example.org/a.png" } };
await assert.rejects(client.moderations.create({ input: [image] }), OpenAI.BadRequestError);
const hasty = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });
await assert.rejects(hasty.moderations.create({ input: "poison" }), (error) => {
  assert.ok(error instanceof OpenAI.InternalServerError);
  return error.status === 500 && !error.message.includes("poison");
});

// One busy answer of ours, passed on twice, then the server itself.
const refusal = JSON.stringify({ error: { message: "Busy.", type: "rate_limit_error", param: null, code: "overloaded" } });
let asked = 0;
const busy = createServer(async (request, response) => {
  const body = await new Response(request).text();
  asked += 1;
  if (asked < 3) {
    response.writeHead(429, { "content-type": "application/json", "retry-after": "1", "retry-after-ms": "10" });
    response.end(refusal);
    return;
  }
  const headers = { authorization: request.headers.authorization, "content-type": "application/json" };
  const answer = await fetch(url + request.url, { method: "POST", headers, body });
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(await answer.text());
}).listen(0, "127.0.0.1");
await new Promise((ready) => busy.on("listening", ready));
const patient = new OpenAI({ baseURL: `http://127.0.0.1:${busy.address().port}/v1`, apiKey: key });
assert.equal((await patient.moderations.create({ input: "you are an idiot" })).results[0].flagged, true);
assert.equal(asked, 3);
busy.close();
busy.closeAllConnections();
