// The npm client of Perspective, whose host is a constant: an interceptor of its axios points it elsewhere.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const axios = createRequire(require.resolve("perspective-api-client"))("axios");
const Perspective = require("perspective-api-client");

const [url, key] = process.argv.slice(2);
axios.interceptors.request.use((config) => ({
  ...config,
  url: config.url.replace("https://commentanalyzer.googleapis.com", url),
}));
const client = new Perspective({ apiKey: key });
const answer = await client.analyze("you are an idiot", { attributes: ["TOXICITY", "THREAT"] });
assert.ok(answer.attributeScores.TOXICITY.summaryScore.value > 0.9);
assert.ok(answer.attributeScores.THREAT.summaryScore.value < 0.1);
await assert.rejects(client.analyze({ comment: { text: "" }, requestedAttributes: { TOXICITY: {} } }));
