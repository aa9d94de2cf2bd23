// Sends a file by tus-js-client: node upload.js ENDPOINT FILE TOKEN
const fs = require("node:fs");
const tus = require("tus-js-client");

const [endpoint, path, token] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(path), {
  endpoint,
  headers: {Authorization: `Bearer ${token}`},
  metadata: {filename: "film.bin"},
  retryDelays: Array(30).fill(50),
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess() {
    console.log(upload.url);
  },
});
upload.start();
