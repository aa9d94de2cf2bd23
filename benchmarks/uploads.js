// @tus/server with its store of files: node uploads.js PORT FOLDER
const {Server} = require("@tus/server");
const {FileStore} = require("@tus/file-store");

const [port, directory] = process.argv.slice(2);
const server = new Server({path: "/uploads", datastore: new FileStore({directory})});
server.listen({host: "127.0.0.1", port: Number(port)});
