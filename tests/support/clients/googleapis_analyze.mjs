// Google's client for Node: it reads the discovery document of the server, and calls what it finds there.
import assert from "node:assert/strict";
import { google } from "googleapis";

const [url, key] = process.argv.slice(2);
const service = await google.discoverAPI(`${url}/$discovery/rest?version=v1alpha1`);
const text = "\u{1f600}\u{20000} you are an idiot";
const resource = { comment: { text }, requestedAttributes: { TOXICITY: {} }, spanAnnotations: true };
const answer = await service.comments.analyze({ key, resource });
const { summaryScore, spanScores } = answer.data.attributeScores.TOXICITY;
assert.ok(summaryScore.value > 0.9);
assert.equal(text.slice(spanScores[0].begin, spanScores[0].end), "idiot");

await assert.rejects(service.comments.analyze({ key: "wrong", resource }), (error) => error.status === 401);
await assert.rejects(
  service.comments.analyze({ key, resource: { ...resource, languages: ["fr"] } }),
  (error) => error.message.includes("Attribute TOXICITY does not support request languages: fr"),
);
