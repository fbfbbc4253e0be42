// A Probot app that stores every delivery in SQLite, durably, before it answers: what phasebot is measured against.
import { createServer } from "node:http";
import Database from "better-sqlite3";
import { createNodeMiddleware, Probot } from "probot";
import { generateKeyPairSync } from "node:crypto";

const [, , port, file, secret] = process.argv;
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE inbox (id TEXT PRIMARY KEY, event TEXT NOT NULL, body TEXT NOT NULL)");
const store = database.prepare("INSERT OR IGNORE INTO inbox VALUES (?, ?, ?)");

const app = (probot) => {
  probot.onAny((context) => store.run(context.id, context.name, JSON.stringify(context.payload)));
};
const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const probot = new Probot({ appId: 1, privateKey, secret, logLevel: "fatal" });
const middleware = await createNodeMiddleware(app, { probot, webhooksPath: "/webhooks/github" });
createServer((request, response) => middleware(request, response, () => response.writeHead(404).end())).listen(
  Number(port),
  "127.0.0.1",
  () => console.log("ready"),
);
